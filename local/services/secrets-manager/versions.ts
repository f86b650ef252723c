import type { Cloud } from "#local/cloud/index.ts";
import { fault, invalidParameter, invalidRequest } from "./faults.ts";
import type { Secret, SecretStore, SecretValue } from "./store.ts";

const maxValueBytes = 65_536;

export interface ValueInput {
  SecretString?: string | undefined;
  SecretBinary?: Uint8Array | undefined;
}

/** The one value of a request; undefined when it has none. */
export function parseValue({ SecretString, SecretBinary }: ValueInput): SecretValue | undefined {
  if (SecretString !== undefined && SecretBinary !== undefined)
    throw invalidParameter(
      "You can't specify both a binary secret value and a string secret value in the same secret.",
    );
  if (Buffer.byteLength(SecretString ?? SecretBinary ?? "") > maxValueBytes)
    throw invalidParameter(`The secret value is longer than ${maxValueBytes} bytes.`);
  if (SecretString !== undefined) return { SecretString };
  return SecretBinary === undefined ? undefined : { SecretBinary };
}

/** A secret that is not marked for deletion. */
export function findLive(store: SecretStore, cloud: Cloud, id: string): Secret {
  const secret = findKept(store, cloud, id);
  if (secret.deletion)
    throw invalidRequest("You can't perform this operation on the secret because it was marked for deletion.");
  return secret;
}

/** Any secret whose recovery window is not over. */
export function findKept(store: SecretStore, cloud: Cloud, id: string): Secret {
  const secret = store.find(id);
  if (secret?.deletion && secret.deletion.dueAt <= cloud.clock.now()) store.remove(secret);
  else if (secret) return secret;
  throw fault("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
}

interface NewVersion {
  versionId: string;
  value: SecretValue;
  stages?: readonly string[] | undefined;
  now: number;
}

/**
 * as AWS: the first version is current; a stage is on one version only; the version that loses AWSCURRENT becomes AWSPREVIOUS; the same version id with the same value
 * again changes nothing. A version without a stage is deleted.
 */
export function addVersion(store: SecretStore, secret: Secret, version: NewVersion): Secret {
  const { versionId, value, now } = version;
  const isFirst = Object.keys(secret.versions).length === 0;
  const stages = [...new Set([...(version.stages ?? ["AWSCURRENT"]), ...(isFirst ? ["AWSCURRENT"] : [])])];
  const known = store.value(secret, versionId);
  if (known && !sameValue(known, value))
    throw fault(
      "ResourceExistsException",
      `You can't use ClientRequestToken ${versionId} because that value is already in use for a version of secret ${secret.arn}.`,
    );
  if (known) return secret;
  const versions = { ...secret.versions, [versionId]: { stages: [], createdAt: now } };
  const changed = {
    ...secret,
    changedAt: now,
    versions: stages.reduce((all, stage) => moveStage(all, stage, versionId), versions),
  };
  checkLabels(changed);
  return store.transaction(() => {
    store.saveValue(changed, versionId, value);
    return prune(store, changed);
  });
}

/** https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html */
const maxLabels = 20;

function checkLabels({ versions }: Secret): void {
  const { length } = Object.values(versions).flatMap(({ stages }) => stages);
  if (length > maxLabels)
    throw fault("LimitExceededException", `The versions of a secret can have ${maxLabels} staging labels in all.`);
}

interface StageMove {
  VersionStage: string;
  RemoveFromVersionId?: string | undefined;
  MoveToVersionId?: string | undefined;
}

/**
 * as AWS: a stage that a version has leaves it only if the request names that version.
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html
 */
export function moveVersionStage(store: SecretStore, secret: Secret, move: StageMove): Secret {
  const { VersionStage: stage, RemoveFromVersionId: from, MoveToVersionId: to } = move;
  const holder = currentVersionId(secret, stage);
  if (from !== holder)
    throw invalidParameter(
      holder === undefined
        ? `Staging label ${stage} is not attached to version ${from}.`
        : `Staging label ${stage} is currently attached to version ${holder}, so you must explicitly reference that version in RemoveFromVersionId.`,
    );
  if (to === undefined && stage === "AWSCURRENT")
    throw invalidParameter(
      "You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed.",
    );
  if (to !== undefined && !secret.versions[to])
    throw fault("ResourceNotFoundException", `Secrets Manager can't find the specified secret version: ${to}.`);
  const versions = to === undefined ? withoutStage(secret.versions, stage) : moveStage(secret.versions, stage, to);
  checkLabels({ ...secret, versions });
  return store.transaction(() => prune(store, { ...secret, versions }));
}

export function currentVersionId({ versions }: Secret, stage = "AWSCURRENT"): string | undefined {
  return Object.keys(versions).find((id) => versions[id]?.stages.includes(stage));
}

function moveStage(versions: Secret["versions"], stage: string, to: string): Secret["versions"] {
  const [from] = Object.entries(versions).find(([, version]) => version.stages.includes(stage)) ?? [];
  const moved = Object.entries(withoutStage(versions, stage)).map(
    ([id, version]) => [id, id === to ? { ...version, stages: [...version.stages, stage] } : version] as const,
  );
  const result = Object.fromEntries(moved);
  return stage === "AWSCURRENT" && from !== undefined && from !== to ? moveStage(result, "AWSPREVIOUS", from) : result;
}

const withoutStage = (versions: Secret["versions"], stage: string): Secret["versions"] =>
  Object.fromEntries(
    Object.entries(versions).map(([id, version]) => [
      id,
      { ...version, stages: version.stages.filter((name) => name !== stage) },
    ]),
  );

function prune(store: SecretStore, secret: Secret): Secret {
  const kept = Object.entries(secret.versions).filter(([, { stages }]) => stages.length > 0);
  for (const id of Object.keys(secret.versions))
    if (!kept.some(([keptId]) => keptId === id)) store.removeValue(secret, id);
  return store.save({ ...secret, versions: Object.fromEntries(kept) });
}

function sameValue(a: SecretValue, b: SecretValue): boolean {
  if ("SecretString" in a) return "SecretString" in b && a.SecretString === b.SecretString;
  return "SecretBinary" in b && Buffer.compare(a.SecretBinary, b.SecretBinary) === 0;
}
