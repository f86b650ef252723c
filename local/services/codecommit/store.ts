import type { Cloud } from "#local/cloud/index.ts";
import type { Collection } from "#local/kernel/index.ts";

export interface RepositoryRecord {
  name: string;
  /** Also the name of its directory, so that a repository created anew under an old name begins empty. */
  id: string;
  description?: string;
  /** Stack and logical id of the resource that made it. */
  owner?: string;
  createdAt: number;
  modifiedAt: number;
}

/** Commit of each branch and tag, by full name. */
export type References = Readonly<Record<string, string>>;

export interface RepositoryStore {
  repositories: Collection<RepositoryRecord>;
  /** References that the world was told of, by repository id: what a push changed is the difference to them. */
  announced: Collection<References>;
}

export function openRepositoryStore({ store }: Cloud): RepositoryStore {
  return {
    repositories: store.collection("codecommit.repositories"),
    announced: store.collection("codecommit.announced"),
  };
}
