import type { Cloud } from "#local/cloud/index.ts";
import { fault } from "./faults.ts";
import type { Deps } from "./deps.ts";
import type { RepositoryRecord } from "./store.ts";

export function checkRepositoryName(name: string): void {
  if (/^[\w.-]{1,100}$/.test(name) && !name.endsWith(".git")) return;
  throw fault(
    "InvalidRepositoryNameException",
    `The repository name "${name}" is not valid: 1 to 100 letters, digits, periods, underscores and hyphens, not ending in .git.`,
  );
}

export function findRepository(
  { store, engine }: Deps,
  name: string,
): { repository: RepositoryRecord; directory: string } {
  checkRepositoryName(name);
  const repository = store.repositories.get(name);
  if (!repository) throw fault("RepositoryDoesNotExistException", `${name} does not exist`);
  return { repository, directory: engine.directoryOf(repository) };
}

export const repositoryExists = (name: string) =>
  fault("RepositoryNameExistsException", `Repository named ${name} already exists`);

export function deleteRepository({ store, engine }: Deps, repository: RepositoryRecord): void {
  store.repositories.delete(repository.name);
  engine.remove(repository);
}

export function cloneUrls(cloud: Cloud, name: string) {
  return {
    cloneUrlHttp: `${cloud.endpoint}/v1/repos/${name}`,
    // differs from AWS: there is no SSH server; SSH keys of users are not part of the local cloud.
    cloneUrlSsh: `ssh://git-codecommit.${cloud.region}.amazonaws.com/v1/repos/${name}`,
  };
}
