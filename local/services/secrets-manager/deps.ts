import type { Cloud } from "#local/cloud/index.ts";
import type { SecretStore } from "./store.ts";

export interface Deps {
  cloud: Cloud;
  store: SecretStore;
}
