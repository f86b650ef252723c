import { InvalidRepositoryNameException, RepositoryDoesNotExistException } from "@aws-sdk/client-codecommit";
import type { Cloud } from "#local/cloud/index.ts";
import type { Engine } from "./engine.ts";
import type { RepositoryRecord, RepositoryStore } from "./store.ts";

/** What the operations are made of. */
export interface Parts {
  cloud: Cloud;
  store: RepositoryStore;
  engine: Engine;
}

export function checkRepositoryName(name: string): void {
  if (/^[\w.-]{1,100}$/.test(name) && !name.endsWith(".git")) return;
  throw new InvalidRepositoryNameException({
    message: `The repository name "${name}" is not valid: 1 to 100 letters, digits, periods, underscores and hyphens, not ending in .git.`,
    $metadata: {},
  });
}

export function findRepository(
  { store, engine }: Parts,
  name: string,
): { repository: RepositoryRecord; directory: string } {
  checkRepositoryName(name);
  const repository = store.repositories.get(name);
  if (!repository) throw new RepositoryDoesNotExistException({ message: `${name} does not exist`, $metadata: {} });
  return { repository, directory: engine.directoryOf(repository) };
}
