import { randomBytes } from "node:crypto";
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import * as z from "zod/mini";
import { hasName } from "../../core/errors.ts";
import type { CustomResource } from "../custom-resource.ts";
import type { properties } from "./contract.ts";

const current = "AWSCURRENT";
/** Label of a version that is not current yet. */
const pending = "LOCKSTEP_PENDING";
const maxTries = 5;

/**
 * A key of the app's secret whose value is generated once. CloudFormation's GenerateSecretString generates the whole value again when it
 * changes (https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/2210), without the keys that people added;
 * this one only adds a missing key. A key that is no longer generated stays: an older release may read it.
 */
export function appSecret(client: SecretsManagerClient): CustomResource<z.infer<typeof properties>> {
  const provide = async ({ SecretArn, GeneratedKey }: z.infer<typeof properties>) => {
    for (let tries = 0; tries < maxTries; tries += 1)
      if (await addKey(client, SecretArn, GeneratedKey)) return { physicalId: SecretArn };
    throw new Error(`Secret ${SecretArn} changed ${maxTries} times while ${GeneratedKey} was added. Fix: deploy again`);
  };
  return { create: provide, update: (_arn, settings) => provide(settings), async delete() {} };
}

/** False if the secret was changed in the meantime. */
async function addKey(client: SecretsManagerClient, SecretId: string, key: string): Promise<boolean> {
  const { VersionId: former, SecretString = "{}" } = await readCurrent(client, SecretId);
  const values = valuesOf(SecretString, SecretId);
  if (Object.hasOwn(values, key)) return true;
  const value = { ...values, [key]: randomBytes(36).toString("base64url") };
  const { VersionId, VersionStages = [] } = await client.send(
    new PutSecretValueCommand({ SecretId, SecretString: JSON.stringify(value), VersionStages: [pending] }),
  );
  // The first version of a secret is current at once.
  const isCurrent = VersionStages.includes(current) || (await makeCurrent(client, { SecretId, VersionId, former }));
  await client.send(
    new UpdateSecretVersionStageCommand({ SecretId, VersionStage: pending, RemoveFromVersionId: VersionId }),
  );
  return isCurrent;
}

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

async function readCurrent(client: SecretsManagerClient, SecretId: string) {
  try {
    const { VersionId, SecretString = "" } = await client.send(new GetSecretValueCommand({ SecretId }));
    return { VersionId, SecretString };
  } catch (error) {
    // A new secret has no version.
    if (hasName(error, "ResourceNotFoundException")) return {};
    throw error;
  }
}

/** No part of the value in the message: CloudFormation shows it. */
function valuesOf(text: string, arn: string): Record<string, unknown> {
  try {
    return z.parse(z.record(z.string(), z.unknown()), JSON.parse(text));
  } catch {
    throw new Error(
      `The value of secret ${arn} is not a JSON object. Fix: store the app's variables as one, a key each`,
    );
  }
}
