import type { Cloud } from "#local/cloud/index.ts";
import type { Engine } from "./engine.ts";
import type { CodeDeployStore } from "./store.ts";

export interface Deps {
  cloud: Cloud;
  store: CodeDeployStore;
  engine: Engine;
}
