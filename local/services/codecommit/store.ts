import { records, type Cloud } from "#local/cloud/index.ts";
import type { References } from "#local/git/index.ts";

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

export type RepositoryStore = ReturnType<typeof openStore>;

export const openStore = ({ store }: Cloud) => ({
  repositories: records<RepositoryRecord>(store, "codecommit.repositories", ({ name }) => name),
  /** References as of the last events, by repository id: the next events are the difference to them. */
  announced: store.collection<References>("codecommit.announced"),
});
