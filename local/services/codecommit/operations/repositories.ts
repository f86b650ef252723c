import { InvalidRepositoryDescriptionException, type RepositoryMetadata } from "@aws-sdk/client-codecommit";
import { awsError, type Operations } from "#local/cloud/index.ts";
import { git } from "../git.ts";
import { resolveCommit } from "../objects.ts";
import type { Deps } from "../deps.ts";
import { checkRepositoryName, cloneUrls, findRepository, repositoryExists } from "../repository.ts";
import type { RepositoryRecord } from "../store.ts";

type RepositoryOperations = Pick<
  Operations<"codecommit">,
  "createRepository" | "deleteRepository" | "getRepository" | "listRepositories"
>;

export function createRepositoryOperations(deps: Deps): RepositoryOperations {
  const { cloud, store, engine } = deps;
  return {
    async createRepository({ repositoryName, repositoryDescription, kmsKeyId, tags }) {
      checkRepositoryName(repositoryName);
      if (kmsKeyId !== undefined || tags !== undefined)
        throw awsError(
          "NotImplemented",
          "The local cloud does not support kmsKeyId and tags of CreateRepository. Fix: leave them out.",
          501,
        );
      if (repositoryDescription !== undefined && repositoryDescription.length > 1000)
        throw new InvalidRepositoryDescriptionException({
          message: "The repository description must have at most 1,000 characters.",
          $metadata: {},
        });
      if (store.repositories.get(repositoryName)) throw repositoryExists(repositoryName);
      const now = cloud.clock.now();
      const repository: RepositoryRecord = {
        name: repositoryName,
        id: cloud.ids.uuid(),
        description: repositoryDescription,
        createdAt: now,
        modifiedAt: now,
      };
      await engine.create(repository);
      store.repositories.put(repositoryName, repository);
      return { repositoryMetadata: await describe(deps, repository) };
    },
    deleteRepository({ repositoryName }) {
      checkRepositoryName(repositoryName);
      const repository = store.repositories.get(repositoryName);
      if (!repository) return {}; // as AWS: deleting a repository that does not exist succeeds, with an empty id.
      store.repositories.delete(repositoryName);
      store.announced.delete(repository.id);
      engine.remove(repository);
      return { repositoryId: repository.id };
    },
    async getRepository({ repositoryName }) {
      const { repository } = findRepository(deps, repositoryName);
      return { repositoryMetadata: await describe(deps, repository) };
    },
    listRepositories: ({ sortBy = "repositoryName", order = "ascending" }) => {
      const sorted = store.repositories.list().sort((a, b) => compare(a, b, sortBy));
      const ordered = order === "ascending" ? sorted : sorted.toReversed();
      return { repositories: ordered.map(({ id, name }) => ({ repositoryId: id, repositoryName: name })) };
    },
  };
}

async function describe({ cloud, engine }: Deps, repository: RepositoryRecord): Promise<RepositoryMetadata> {
  const { name, id, description, createdAt, modifiedAt } = repository;
  const directory = engine.directoryOf(repository);
  const head = (await git(directory, "symbolic-ref", "--short", "HEAD")).toString("utf8").trim();
  const isEmpty = (await resolveCommit(directory, "HEAD")) === undefined;
  return {
    accountId: cloud.accountId,
    repositoryId: id,
    repositoryName: name,
    repositoryDescription: description,
    defaultBranch: isEmpty ? undefined : head,
    creationDate: new Date(createdAt),
    lastModifiedDate: new Date(modifiedAt),
    ...cloneUrls(cloud, name),
    Arn: engine.arnOf({ name }),
  };
}

function compare(a: RepositoryRecord, b: RepositoryRecord, by: "repositoryName" | "lastModifiedDate"): number {
  return by === "lastModifiedDate" ? a.modifiedAt - b.modifiedAt : a.name.localeCompare(b.name);
}
