import type { Repository } from "@aws-sdk/client-ecr";
import { awsError, type Cloud } from "#local/cloud/index.ts";
import type { Deps } from "../deps.ts";
import { fault, repositoryUnknown } from "../faults.ts";
import type { Operations } from "../reads.ts";
import type { RepositoryRecord } from "../store.ts";

export function repositoryOperations({ cloud, store, blobs }: Deps) {
  const describe = (record: RepositoryRecord) => describeRepository(cloud, record);
  return {
    createRepository: ({ repositoryName: name, imageTagMutability = "MUTABLE", imageScanningConfiguration: scan }) => {
      if (imageTagMutability !== "MUTABLE" && imageTagMutability !== "IMMUTABLE")
        throw awsError(
          "NotImplemented",
          `imageTagMutability ${imageTagMutability} is not supported by the local cloud. Fix: use MUTABLE or IMMUTABLE.`,
          501,
        );
      if (store.repositories.get(name)) {
        const message = `The repository with name '${name}' already exists in the registry with id '${cloud.accountId}'`;
        throw fault("RepositoryAlreadyExistsException", message);
      }
      const scanOnPush = scan?.scanOnPush ?? false;
      const record = { name, createdAt: cloud.clock.now(), tagMutability: imageTagMutability, scanOnPush };
      return { repository: describe(store.repositories.save(record)) };
    },
    deleteRepository: ({ repositoryName: name, force }) => {
      const record = repositoryOf({ cloud, store }, name);
      if (!force && store.imagesOf(name).length > 0) {
        const message = `The repository with name '${name}' in registry with id '${cloud.accountId}' cannot be deleted because it still contains images`;
        throw fault("RepositoryNotEmptyException", message);
      }
      deleteRepository({ store, blobs }, name);
      return { repository: describe(record) };
    },
    describeRepositories: ({ repositoryNames: names }) => {
      const repositories = names?.map((name) => repositoryOf({ cloud, store }, name)) ?? store.repositories.list();
      return { repositories: repositories.map(describe) };
    },
  } satisfies Partial<Operations>;
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
  throw fault("RepositoryNotFoundException", repositoryUnknown(name, cloud.accountId));
}
