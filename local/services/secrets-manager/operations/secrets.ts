import type { SecretListEntry } from "@aws-sdk/client-secrets-manager";
import { tagList, tagRecord, withoutTags } from "#local/cloud/index.ts";
import type { Deps } from "../deps.ts";
import { invalidParameter } from "../faults.ts";
import type { Operations } from "../reads.ts";
import type { Secret } from "../store.ts";
import { currentVersionId, findKept, findLive } from "../versions.ts";
import { createSecret } from "./create-secret.ts";

export function secretOperations(deps: Deps) {
  const { cloud, store } = deps;
  return {
    createSecret(input) {
      const secret = createSecret(deps, input);
      return { ARN: secret.arn, Name: secret.name, VersionId: currentVersionId(secret) };
    },
    describeSecret: ({ SecretId }) => ({
      ...summary(findKept(store, cloud, SecretId)),
      VersionIdsToStages: stagesOf(findKept(store, cloud, SecretId)),
    }),
    listSecrets({ Filters = [], IncludePlannedDeletion }) {
      const prefixes = Filters.flatMap(({ Key, Values = [] }) => {
        if (Key === "name") return Values;
        if (Key === undefined) throw invalidParameter("A filter must have a key.");
        throw invalidParameter(`Filter ${Key} is not supported by the local cloud. Fix: filter by name only.`);
      });
      const secrets = store
        .secrets()
        .filter(({ deletion }) => !deletion || IncludePlannedDeletion)
        .filter(({ name }) => prefixes.length === 0 || prefixes.some((prefix) => name.startsWith(prefix)));
      return {
        SecretList: secrets.map((secret) => ({ ...summary(secret), SecretVersionsToStages: stagesOf(secret) })),
      };
    },
    tagResource({ SecretId, Tags }) {
      const secret = findLive(store, cloud, SecretId);
      store.save({ ...secret, tags: { ...secret.tags, ...tagRecord(Tags) } });
      return {};
    },
    untagResource({ SecretId, TagKeys }) {
      const secret = findLive(store, cloud, SecretId);
      store.save({ ...secret, tags: withoutTags(secret.tags, TagKeys) });
      return {};
    },
  } satisfies Partial<Operations>;
}

const stagesOf = ({ versions }: Secret) =>
  Object.fromEntries(Object.entries(versions).map(([id, { stages }]) => [id, stages]));

function summary(secret: Secret): SecretListEntry {
  return {
    ARN: secret.arn,
    Name: secret.name,
    CreatedDate: new Date(secret.createdAt),
    LastChangedDate: new Date(secret.changedAt),
    Tags: tagList(secret.tags),
    Description: secret.description,
    KmsKeyId: secret.kmsKeyId,
    DeletedDate: secret.deletion && new Date(secret.deletion.markedAt),
  };
}
