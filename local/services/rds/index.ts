import { defineService } from "#local/cloud/index.ts";
import { arns, createAccess } from "./access.ts";
import { createEngine } from "./engine.ts";
import { instanceOperations } from "./operations/instances.ts";
import { accountOperations, snapshotOperations } from "./operations/snapshots.ts";
import { createResources } from "./resources.ts";
import { openRdsStore } from "./store.ts";

export const rds = defineService({
  name: "rds",
  iamPrefix: "rds",
  paging: { smallest: 20, largest: 100, error: "InvalidParameterValue" },
  arns,
  create(cloud, schema) {
    const store = openRdsStore(cloud);
    const engine = createEngine(cloud, store);
    const context = { cloud, store, engine };
    return {
      operations: { ...instanceOperations(context), ...snapshotOperations(context), ...accountOperations(context) },
      access: createAccess(cloud, store),
      resources: createResources(context, schema),
      start: () => engine.start(),
      stop: () => engine.stop(),
      shutDown: () => engine.shutDown(),
    };
  },
});
