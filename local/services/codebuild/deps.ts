import type { Cloud } from "#local/cloud/index.ts";
import type { Engine } from "./engine.ts";
import type { BuildStore } from "./store.ts";

export interface Deps {
  cloud: Cloud;
  store: BuildStore;
  engine: Engine;
}
