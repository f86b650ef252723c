import type { Cloud } from "#local/cloud/index.ts";
import type { LogStore } from "./store.ts";

export interface Deps {
  cloud: Cloud;
  store: LogStore;
}
