import { randomUUID } from "node:crypto";
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import * as z from "zod/mini";
import { hasName } from "./errors.ts";

const current = "AWSCURRENT";
/** Label of a version that is not current yet. */
const pending = "LOCKSTEP_PENDING";
const maxTries = 5;

/** Key of a secret that holds when each of the other keys was set. No environment variable has such a name. */
export const changesKey = "lockstep:changed";
const changes = z.record(z.string(), z.string());

export type SecretValues = Readonly<Record<string, unknown>>;

/** The value of the secret is not a JSON object. The message has no part of it. */
export class SecretNotReadable extends Error {
  override readonly name = "SecretNotReadable";
}

interface CurrentSecret {
  /** Undefined if the secret has no value yet. */
  readonly versionId: string | undefined;
  readonly stages: readonly string[];
  readonly values: SecretValues;
}

export async function readSecretValues(client: SecretsManagerClient, SecretId: string): Promise<CurrentSecret> {
  try {
    const {
      VersionId,
      VersionStages = [],
      SecretString = "",
    } = await client.send(new GetSecretValueCommand({ SecretId }));
    return { versionId: VersionId, stages: VersionStages, values: parseValues(SecretString, SecretId) };
  } catch (error) {
    // GetSecretValue of a secret without a version; of a secret that does not exist, the write fails.
    if (hasName(error, "ResourceNotFoundException")) return { versionId: undefined, stages: [], values: {} };
    throw error;
  }
}

/** Sets keys of a secret; `undefined` removes one. Keys that others set at the same time are kept. */
export async function setSecretValues(
  client: SecretsManagerClient,
  SecretId: string,
  change: (values: SecretValues) => SecretValues,
): Promise<void> {
  for (let tries = 0; tries < maxTries; tries += 1) if (await setOnce(client, SecretId, change)) return;
  throw new Error(`Secret ${SecretId} was changed ${maxTries} times by others at the same time. Fix: try again`);
}

/** Whether the version can still be read. */
export async function hasVersion(client: SecretsManagerClient, SecretId: string, VersionId: string): Promise<boolean> {
  try {
    await client.send(new GetSecretValueCommand({ SecretId, VersionId }));
    return true;
  } catch (error) {
    if (hasName(error, "ResourceNotFoundException")) return false;
    throw error;
  }
}

/** When the keys of the secret were set, for those that were set through Lockstep. */
export function changeTimes(values: SecretValues): Readonly<Record<string, string>> {
  return z.safeParse(changes, values[changesKey]).data ?? {};
}

/** False if the secret was changed in the meantime. */
async function setOnce(
  client: SecretsManagerClient,
  SecretId: string,
  change: (values: SecretValues) => SecretValues,
): Promise<boolean> {
  const { versionId: former, values } = await readSecretValues(client, SecretId);
  const changed = change(values);
  const names = Object.keys(changed).filter((name) => !isSame(changed[name], values[name]));
  if (former !== undefined && names.length === 0) return true;
  const value = JSON.stringify({ ...values, ...changed, ...timesOf(values, changed, names) });
  const { VersionId, VersionStages = [] } = await client.send(
    new PutSecretValueCommand({
      SecretId,
      SecretString: value,
      VersionStages: [pending],
      ClientRequestToken: randomUUID(),
    }),
  );
  // The first version of a secret is current at once.
  const isCurrent = VersionStages.includes(current) || (await makeCurrent(client, { SecretId, VersionId, former }));
  await client.send(
    new UpdateSecretVersionStageCommand({ SecretId, VersionStage: pending, RemoveFromVersionId: VersionId }),
  );
  return isCurrent;
}

function timesOf(values: SecretValues, changed: SecretValues, names: readonly string[]): SecretValues {
  const at = new Date().toISOString();
  const times = names.map((name) => [name, changed[name] === undefined ? undefined : at]);
  return names.length === 0 ? {} : { [changesKey]: { ...changeTimes(values), ...Object.fromEntries(times) } };
}

const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

interface NewVersion {
  SecretId: string;
  VersionId: string | undefined;
  former: string | undefined;
}

/** Fails if the current version is not the former one: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html */
async function makeCurrent(client: SecretsManagerClient, { SecretId, VersionId, former }: NewVersion) {
  const move = { VersionStage: current, MoveToVersionId: VersionId, RemoveFromVersionId: former };
  try {
    await client.send(new UpdateSecretVersionStageCommand({ SecretId, ...move }));
    return true;
  } catch (error) {
    if (hasName(error, "InvalidParameterException")) return false;
    throw error;
  }
}

function parseValues(text: string, id: string): SecretValues {
  try {
    return z.parse(z.record(z.string(), z.unknown()), JSON.parse(text));
  } catch {
    throw new SecretNotReadable(
      `The value of secret ${id} is not a JSON object. Fix: store the app's variables as one, a key each`,
    );
  }
}
