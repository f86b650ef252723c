import type { RepositoryMetadata } from "@aws-sdk/client-codecommit";
import { git } from "#local/git/index.ts";
import { resolveCommit } from "#local/git/index.ts";
import type { Deps } from "../deps.ts";
import { fault } from "../faults.ts";
import type { Operations } from "../reads.ts";
import { checkRepositoryName, cloneUrls, deleteRepository, findRepository, repositoryExists } from "../repository.ts";
import type { RepositoryRecord } from "../store.ts";

export function createRepositoryOperations(deps: Deps) {
  const { cloud, store, engine } = deps;
  return {
    async createRepository({ repositoryName, repositoryDescription }) {
      checkRepositoryName(repositoryName);
      if (repositoryDescription !== undefined && repositoryDescription.length > 1000)
        throw fault(
          "InvalidRepositoryDescriptionException",
          "The repository description must have at most 1,000 characters.",
        );
      if (store.repositories.get(repositoryName)) throw repositoryExists(repositoryName);
      const now = cloud.clock.now();
      const repository = {
        name: repositoryName,
        id: cloud.ids.uuid(),
        description: repositoryDescription,
        createdAt: now,
        modifiedAt: now,
      };
      await engine.create(repository);
      store.repositories.save(repository);
      return { repositoryMetadata: await describe(deps, repository) };
    },
    deleteRepository({ repositoryName }) {
      checkRepositoryName(repositoryName);
      const repository = store.repositories.get(repositoryName);
      if (!repository) return {}; // as AWS: deleting a repository that does not exist succeeds, with an empty id.
      deleteRepository(deps, repository);
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
  } satisfies Partial<Operations>;
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
