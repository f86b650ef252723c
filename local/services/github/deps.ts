import type { Cloud } from "#local/cloud/index.ts";
import type { Repositories } from "#local/git/index.ts";
import type { Deliveries } from "./deliveries.ts";
import type { RepositoryRecord, Store } from "./store.ts";

export interface Deps {
  cloud: Cloud;
  store: Store;
  repositories: Repositories<RepositoryRecord>;
  deliveries: Deliveries;
}
