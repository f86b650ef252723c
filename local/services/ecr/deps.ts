import type { Cloud } from "#local/cloud/index.ts";
import type { BlobFiles } from "./blobs.ts";
import type { EcrStore } from "./store.ts";

export interface Deps {
  cloud: Cloud;
  store: EcrStore;
  blobs: BlobFiles;
}
