import {
  RepositoryAlreadyExistsException,
  RepositoryNotEmptyException,
  RepositoryNotFoundException,
  type Repository,
} from "@aws-sdk/client-ecr";
import { awsError, type Cloud, type Operations } from "#local/cloud/index.ts";
import type { BlobFiles } from "./blobs.ts";
import { repositoryUnknown } from "./errors.ts";
import { pageOf } from "./page.ts";
import type { EcrStore, RepositoryRecord } from "./store.ts";

interface Parts {
  cloud: Cloud;
  store: EcrStore;
  blobs: BlobFiles;
}

const $metadata = {};

export function repositoryOperations({ cloud, store, blobs }: Parts) {
  const describe = (record: RepositoryRecord) => describeRepository(cloud, record);
  return {
    createRepository: (input) => {
      refuse(input, ["imageTagMutabilityExclusionFilters", "encryptionConfiguration", "tags"]);
      const { repositoryName: name, imageTagMutability = "MUTABLE" } = input;
      if (imageTagMutability !== "MUTABLE" && imageTagMutability !== "IMMUTABLE")
        throw awsError("NotImplemented", `imageTagMutability ${imageTagMutability} is not run locally.`, 501);
      if (store.repositories.get(name)) {
        const message = `The repository with name '${name}' already exists in the registry with id '${cloud.accountId}'`;
        throw new RepositoryAlreadyExistsException({ message, $metadata });
      }
      const scanOnPush = input.imageScanningConfiguration?.scanOnPush ?? false;
      const record = { name, createdAt: cloud.clock.now(), tagMutability: imageTagMutability, scanOnPush };
      store.repositories.put(name, record);
      return { repository: describe(record) };
    },
    deleteRepository: ({ repositoryName: name, force }) => {
      const record = repositoryOf({ cloud, store }, name);
      if (!force && store.imagesOf(name).length > 0) {
        const message = `The repository with name '${name}' in registry with id '${cloud.accountId}' cannot be deleted because it still contains images`;
        throw new RepositoryNotEmptyException({ message, $metadata });
      }
      deleteRepository({ store, blobs }, name);
      return { repository: describe(record) };
    },
    describeRepositories: ({ repositoryNames, nextToken, maxResults = 100 }) => {
      const found = repositoryNames?.map((name) => repositoryOf({ cloud, store }, name)) ?? store.repositories.list();
      const { page, next } = pageOf(found, nextToken, maxResults);
      return { repositories: page.map(describe), ...next };
    },
  } satisfies Operations<"ecr">;
}

/** Forgets the repository, and its blobs that no other repository has. */
export function deleteRepository({ store, blobs }: Pick<Parts, "store" | "blobs">, name: string): void {
  const digests = store.blobs.keys(`${name}@`).map((key) => key.slice(name.length + 1));
  store.deleteRepository(name);
  const stillUsed = new Set(store.blobs.keys().map((key) => key.slice(key.indexOf("@") + 1)));
  for (const digest of digests.filter((digest) => !stillUsed.has(digest))) blobs.remove(digest);
}

export function describeRepository(
  cloud: Cloud,
  record: RepositoryRecord,
): Repository & { repositoryArn: string; repositoryUri: string } {
  return {
    registryId: cloud.accountId,
    repositoryName: record.name,
    repositoryArn: cloud.arn("ecr", `repository/${record.name}`),
    // differs from AWS: the registry is this endpoint. Images named by AWS's host are found here as well.
    repositoryUri: `${new URL(cloud.endpoint).host}/${record.name}`,
    createdAt: new Date(record.createdAt),
    imageTagMutability: record.tagMutability,
    imageScanningConfiguration: { scanOnPush: record.scanOnPush },
    encryptionConfiguration: { encryptionType: "AES256" },
  };
}

export function repositoryOf({ cloud, store }: Pick<Parts, "cloud" | "store">, name: string): RepositoryRecord {
  const record = store.repositories.get(name);
  if (record) return record;
  throw new RepositoryNotFoundException({ message: repositoryUnknown(name, cloud.accountId), $metadata });
}

function refuse(input: object, members: readonly string[]): void {
  const found = members.find((member) => Reflect.get(input, member) !== undefined);
  if (found !== undefined) throw awsError("NotImplemented", `${found} is not run by the local cloud.`, 501);
}
