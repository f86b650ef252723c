import { defineService } from "#local/cloud/index.ts";
import { createAccess } from "./access.ts";
import { createEngine } from "./engine.ts";
import { accountOperations } from "./operations/account.ts";
import { instanceOperations } from "./operations/instances.ts";
import { snapshotOperations } from "./operations/snapshots.ts";
import { tagOperations } from "./operations/tags.ts";
import { createResources } from "./resources.ts";
import { createStore } from "./store.ts";

export const rds = defineService({
  name: "rds",
  iamPrefix: "rds",
  create(cloud) {
    const store = createStore(cloud);
    const engine = createEngine(cloud, store);
    const context = { cloud, store, engine };
    return {
      operations: {
        ...instanceOperations(context),
        ...snapshotOperations(context),
        ...tagOperations(context),
        ...accountOperations(context),
      },
      access: createAccess(cloud, store),
      resources: createResources(context),
      start: () => engine.start(),
      stop: () => engine.stop(),
      shutDown: () => engine.shutDown(),
    };
  },
});
