import type { Cloud } from "#local/cloud/index.ts";
import type { Collection } from "#local/kernel/index.ts";

export interface RepositoryRecord {
  name: string;
  /** Also the name of its directory, so that a repository recreated under the same name begins empty. */
  id: string;
  description?: string | undefined;
  /** Stack and logical id of the resource that created it. */
  owner?: string;
  createdAt: number;
  modifiedAt: number;
}

/** Commit of each branch and tag, by full name. */
export type References = Readonly<Record<string, string>>;

export interface RepositoryStore {
  repositories: Collection<RepositoryRecord>;
  /** References as of the last events, by repository id: the next events are the difference to them. */
  announced: Collection<References>;
}

export function openStore({ store }: Cloud): RepositoryStore {
  return {
    repositories: store.collection("codecommit.repositories"),
    announced: store.collection("codecommit.announced"),
  };
}
