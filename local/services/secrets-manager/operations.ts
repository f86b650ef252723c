import type { CreateSecretRequest, SecretListEntry } from "@aws-sdk/client-secrets-manager";
import type { Cloud, Operations } from "#local/cloud/index.ts";
import { exists, invalidParameter, invalidRequest, valueNotFound } from "./errors.ts";
import { randomPassword } from "./random-password.ts";
import type { Secret, SecretStore } from "./store.ts";
import { addVersion, currentVersionId, findKept, findLive, parseValue, type ValueInput } from "./versions.ts";

const daySeconds = 24 * 3600;

export interface Context {
  cloud: Cloud;
  store: SecretStore;
}

type Given<K extends keyof Operations<"secrets-manager">> = Required<Pick<Operations<"secrets-manager">, K>>;

export function createOperations(context: Context) {
  return { ...valueOperations(context), ...secretOperations(context), ...lifeOperations(context) };
}

type ValueOperations = Given<"getSecretValue" | "putSecretValue" | "updateSecret" | "getRandomPassword">;

function valueOperations(context: Context): ValueOperations {
  const { cloud, store } = context;
  const add = (
    secret: Secret,
    input: ValueInput & { ClientRequestToken?: string | undefined },
    stages?: readonly string[],
  ) => {
    const value = parseValue(input);
    if (!value) return secret;
    const versionId = input.ClientRequestToken ?? cloud.ids.uuid();
    return addVersion(store, secret, { versionId, value, stages, now: cloud.clock.now() });
  };
  return {
    getSecretValue({ SecretId, VersionId, VersionStage }) {
      const secret = findLive(store, cloud, SecretId);
      const wanted = VersionStage ?? (VersionId === undefined ? "AWSCURRENT" : undefined);
      const versionId = VersionId ?? currentVersionId(secret, wanted);
      const version = versionId === undefined ? undefined : secret.versions[versionId];
      const value = versionId === undefined ? undefined : store.value(secret, versionId);
      if (!version || !value || (wanted !== undefined && !version.stages.includes(wanted)))
        throw valueNotFound(VersionId === undefined ? `staging label: ${wanted}` : `VersionId: ${VersionId}`);
      const { arn: ARN, name: Name } = secret;
      return {
        ARN,
        Name,
        VersionId: versionId,
        VersionStages: version.stages,
        CreatedDate: new Date(version.createdAt),
        ...value,
      };
    },
    putSecretValue(input) {
      if (parseValue(input) === undefined)
        throw invalidRequest("You must provide either SecretString or SecretBinary.");
      const secret = add(findLive(store, cloud, input.SecretId), input, input.VersionStages);
      const VersionId = input.ClientRequestToken ?? currentVersionId(secret);
      return { ARN: secret.arn, Name: secret.name, VersionId, VersionStages: secret.versions[VersionId ?? ""]?.stages };
    },
    updateSecret(input) {
      const found = findLive(store, cloud, input.SecretId);
      const described = { ...found, ...descriptionOf(input), changedAt: cloud.clock.now() };
      store.save(described);
      const secret = add(described, input);
      return { ARN: secret.arn, Name: secret.name, VersionId: parseValue(input) && currentVersionId(secret) };
    },
    getRandomPassword: (input) => ({ RandomPassword: randomPassword(input) }),
  };
}

type SecretOperations = Given<"createSecret" | "describeSecret" | "listSecrets" | "tagResource" | "untagResource">;

function secretOperations(context: Context): SecretOperations {
  const { cloud, store } = context;
  return {
    createSecret(input) {
      const secret = createSecret(context, input);
      return { ARN: secret.arn, Name: secret.name, VersionId: currentVersionId(secret) };
    },
    describeSecret: ({ SecretId }) => ({
      ...summary(findKept(store, cloud, SecretId)),
      VersionIdsToStages: stagesOf(findKept(store, cloud, SecretId)),
    }),
    listSecrets(input) {
      const { Filters = [], MaxResults = 100, NextToken = "" } = input;
      const names = Filters.flatMap(({ Key, Values = [] }) => {
        if (Key === "name") return Values;
        throw invalidParameter(`Filter ${Key} is not supported by the local cloud: only name is.`);
      });
      const found = store
        .secrets()
        .filter(({ deletion }) => !deletion || input.IncludePlannedDeletion)
        .filter(({ name }) => names.length === 0 || names.some((prefix) => name.startsWith(prefix)))
        .filter(({ name }) => name > NextToken);
      const listed = found.slice(0, MaxResults);
      return {
        SecretList: listed.map((secret) => ({ ...summary(secret), SecretVersionsToStages: stagesOf(secret) })),
        ...(found.length > listed.length ? { NextToken: listed.at(-1)?.name } : {}),
      };
    },
    tagResource({ SecretId, Tags }) {
      const secret = findLive(store, cloud, SecretId);
      store.save({ ...secret, tags: { ...secret.tags, ...tagRecord(Tags) } });
      return {};
    },
    untagResource({ SecretId, TagKeys }) {
      const secret = findLive(store, cloud, SecretId);
      const tags = Object.fromEntries(Object.entries(secret.tags).filter(([key]) => !TagKeys.includes(key)));
      store.save({ ...secret, tags });
      return {};
    },
  };
}

function lifeOperations({ cloud, store }: Context): Given<"deleteSecret" | "restoreSecret"> {
  return {
    deleteSecret({ SecretId, RecoveryWindowInDays: days, ForceDeleteWithoutRecovery: force = false }) {
      if (force && days !== undefined)
        throw invalidParameter("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.");
      if (days !== undefined && (days < 7 || days > 30))
        throw invalidParameter("The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).");
      const secret = force ? findKept(store, cloud, SecretId) : findLive(store, cloud, SecretId);
      const markedAt = cloud.clock.now();
      const dueAt = force ? markedAt : markedAt + cloud.clock.scaled((days ?? 30) * daySeconds);
      if (force) store.remove(secret);
      else store.save({ ...secret, deletion: { markedAt, dueAt } });
      return { ARN: secret.arn, Name: secret.name, DeletionDate: new Date(dueAt) };
    },
    restoreSecret({ SecretId }) {
      const { deletion: _over, ...secret } = findKept(store, cloud, SecretId);
      store.save(secret);
      return { ARN: secret.arn, Name: secret.name };
    },
  };
}

export function createSecret({ cloud, store }: Context, input: CreateSecretRequest): Secret {
  const { Name: name = "", ClientRequestToken: versionId = cloud.ids.uuid() } = input;
  if (!/^[\w/+=.@-]{1,512}$/.test(name))
    throw invalidParameter(
      `Invalid name "${name}". Must be a valid name containing alphanumeric characters, or any of -/_+=.@`,
    );
  const value = parseValue(input);
  const known = store.find(name);
  if (known?.deletion && known.deletion.dueAt > cloud.clock.now())
    throw invalidRequest(
      "You can't create this secret because a secret with this name is already scheduled for deletion.",
    );
  if (known?.deletion) store.remove(known);
  else if (known && !(value && known.versions[versionId]))
    throw exists(`The operation failed because the secret ${name} already exists.`);
  else if (known && value) return addVersion(store, known, { versionId, value, now: cloud.clock.now() });
  const now = cloud.clock.now();
  const secret: Secret = {
    arn: cloud.arn("secretsmanager", `secret:${name}-${cloud.ids.word(6)}`),
    name,
    tags: tagRecord(input.Tags),
    createdAt: now,
    changedAt: now,
    versions: {},
    ...descriptionOf(input),
  };
  return store.transaction(() => {
    store.save(secret);
    return value ? addVersion(store, secret, { versionId, value, now }) : secret;
  });
}

interface DescriptionInput {
  Description?: string | undefined;
  KmsKeyId?: string | undefined;
}

const descriptionOf = ({ Description, KmsKeyId }: DescriptionInput) => ({
  ...(Description === undefined ? {} : { description: Description }),
  ...(KmsKeyId === undefined ? {} : { kmsKeyId: KmsKeyId }),
});

const stagesOf = ({ versions }: Secret) =>
  Object.fromEntries(Object.entries(versions).map(([id, { stages }]) => [id, stages]));

function summary(secret: Secret): SecretListEntry {
  return {
    ARN: secret.arn,
    Name: secret.name,
    CreatedDate: new Date(secret.createdAt),
    LastChangedDate: new Date(secret.changedAt),
    Tags: Object.entries(secret.tags).map(([Key, Value]) => ({ Key, Value })),
    ...(secret.description === undefined ? {} : { Description: secret.description }),
    ...(secret.kmsKeyId === undefined ? {} : { KmsKeyId: secret.kmsKeyId }),
    ...(secret.deletion ? { DeletedDate: new Date(secret.deletion.markedAt) } : {}),
  };
}

export function tagRecord(tags: readonly { Key?: string | undefined; Value?: string | undefined }[] | undefined) {
  return Object.fromEntries((tags ?? []).map(({ Key = "", Value = "" }) => [Key, Value]));
}
