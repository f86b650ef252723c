import type { Cloud } from "#local/cloud/index.ts";
import type { Engine } from "./engine.ts";
import type { RdsStore } from "./store.ts";

export interface Deps {
  cloud: Cloud;
  store: RdsStore;
  engine: Engine;
}
