import {
  InvalidRepositoryDescriptionException,
  RepositoryNameExistsException,
  type RepositoryMetadata,
} from "@aws-sdk/client-codecommit";
import { awsError, type Clients, type Operations } from "#local/cloud/index.ts";
import { git } from "../git.ts";
import { resolveCommit } from "../objects.ts";
import { checkRepositoryName, findRepository, type Parts } from "../parts.ts";
import type { RepositoryRecord } from "../store.ts";

type RepositoryOperations = Pick<
  Operations<Clients["codecommit"]>,
  "createRepository" | "deleteRepository" | "getRepository" | "listRepositories"
>;

export function createRepositoryOperations(parts: Parts): RepositoryOperations {
  const { cloud, store, engine } = parts;
  return {
    async createRepository({ repositoryName, repositoryDescription, kmsKeyId, tags }) {
      checkRepositoryName(repositoryName);
      if (kmsKeyId !== undefined || tags !== undefined)
        throw awsError("NotImplemented", "The local CodeCommit knows no keys and no tags of repositories.", 501);
      if (repositoryDescription !== undefined && repositoryDescription.length > 1000)
        throw new InvalidRepositoryDescriptionException({
          message: "A repository description has at most 1,000 characters.",
          $metadata: {},
        });
      if (store.repositories.get(repositoryName)) throw repositoryExists(repositoryName);
      const now = cloud.clock.now();
      const repository: RepositoryRecord = {
        name: repositoryName,
        id: cloud.ids.uuid(),
        ...(repositoryDescription === undefined ? {} : { description: repositoryDescription }),
        createdAt: now,
        modifiedAt: now,
      };
      await engine.create(repository);
      store.repositories.put(repositoryName, repository);
      return { repositoryMetadata: await describe(parts, repository) };
    },
    deleteRepository({ repositoryName }) {
      checkRepositoryName(repositoryName);
      const repository = store.repositories.get(repositoryName);
      if (!repository) return {}; // as AWS: deleting what is not there succeeds, with an empty id.
      store.repositories.delete(repositoryName);
      store.announced.delete(repository.id);
      engine.remove(repository);
      return { repositoryId: repository.id };
    },
    async getRepository({ repositoryName }) {
      const { repository } = findRepository(parts, repositoryName);
      return { repositoryMetadata: await describe(parts, repository) };
    },
    listRepositories: ({ sortBy = "repositoryName", order = "ascending" }) => {
      const sorted = store.repositories.list().sort((a, b) => compare(a, b, sortBy));
      const ordered = order === "ascending" ? sorted : sorted.toReversed();
      return { repositories: ordered.map(({ id, name }) => ({ repositoryId: id, repositoryName: name })) };
    },
  };
}

async function describe({ cloud, engine }: Parts, repository: RepositoryRecord): Promise<RepositoryMetadata> {
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

export const repositoryExists = (name: string) =>
  new RepositoryNameExistsException({ message: `Repository named ${name} already exists`, $metadata: {} });

export function cloneUrls(cloud: Parts["cloud"], name: string) {
  return {
    cloneUrlHttp: `${cloud.endpoint}/v1/repos/${name}`,
    // differs from AWS: nothing answers there; SSH keys of users are not part of the local cloud.
    cloneUrlSsh: `ssh://git-codecommit.${cloud.region}.amazonaws.com/v1/repos/${name}`,
  };
}

function compare(a: RepositoryRecord, b: RepositoryRecord, by: "repositoryName" | "lastModifiedDate"): number {
  return by === "lastModifiedDate" ? a.modifiedAt - b.modifiedAt : a.name.localeCompare(b.name);
}
