import {
  RepositoryAlreadyExistsException,
  RepositoryNotEmptyException,
  RepositoryNotFoundException,
  type Repository,
} from "@aws-sdk/client-ecr";
import { awsError, type Cloud, type Operations } from "#local/cloud/index.ts";
import type { Deps } from "./deps.ts";
import { repositoryUnknown } from "./registry-error.ts";
import { pageOf } from "./page.ts";
import type { RepositoryRecord } from "./store.ts";

const $metadata = {};

export function repositoryOperations({ cloud, store, blobs }: Deps) {
  const describe = (record: RepositoryRecord) => describeRepository(cloud, record);
  return {
    createRepository: (input) => {
      refuse(input, ["imageTagMutabilityExclusionFilters", "encryptionConfiguration", "tags"]);
      const { repositoryName: name, imageTagMutability = "MUTABLE" } = input;
      if (imageTagMutability !== "MUTABLE" && imageTagMutability !== "IMMUTABLE")
        throw awsError(
          "NotImplemented",
          `imageTagMutability ${imageTagMutability} is not supported by the local cloud. Fix: use MUTABLE or IMMUTABLE.`,
          501,
        );
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
      const repositories =
        repositoryNames?.map((name) => repositoryOf({ cloud, store }, name)) ?? store.repositories.list();
      const { page, next } = pageOf(repositories, nextToken, maxResults);
      return { repositories: page.map(describe), ...next };
    },
  } satisfies Operations<"ecr">;
}

/** Deletes the repository, and its blobs that no other repository uses. */
export function deleteRepository({ store, blobs }: Pick<Deps, "store" | "blobs">, name: string): void {
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
    // differs from AWS: the registry is the local endpoint. ECS resolves AWS's host name to it as well.
    repositoryUri: `${new URL(cloud.endpoint).host}/${record.name}`,
    createdAt: new Date(record.createdAt),
    imageTagMutability: record.tagMutability,
    imageScanningConfiguration: { scanOnPush: record.scanOnPush },
    encryptionConfiguration: { encryptionType: "AES256" },
  };
}

export function repositoryOf({ cloud, store }: Pick<Deps, "cloud" | "store">, name: string): RepositoryRecord {
  const record = store.repositories.get(name);
  if (record) return record;
  throw new RepositoryNotFoundException({ message: repositoryUnknown(name, cloud.accountId), $metadata });
}

function refuse(input: object, members: readonly string[]): void {
  const member = members.find((each) => Reflect.get(input, each) !== undefined);
  if (member !== undefined)
    throw awsError("NotImplemented", `${member} is not supported by the local cloud. Fix: leave it out.`, 501);
}
