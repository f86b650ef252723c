import type { Cloud } from "#local/cloud/index.ts";
import type { EventBus } from "./engine.ts";
import type { Store } from "./store.ts";

export interface Deps {
  cloud: Cloud;
  store: Store;
  bus: EventBus;
}
