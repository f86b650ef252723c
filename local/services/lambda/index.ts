import { defineService } from "#local/cloud/index.ts";
import { accessRules } from "./access.ts";
import { createAsyncQueue } from "./async-queue.ts";
import { createEngine } from "./engine.ts";
import { createOperations } from "./operations.ts";
import { functionResource, permissionResource } from "./resources.ts";
import { openStore } from "./store.ts";

export const lambda = defineService({
  name: "lambda",
  iamPrefix: "lambda",
  create(cloud) {
    const store = openStore(cloud);
    const engine = createEngine(cloud);
    const queue = createAsyncQueue(cloud, store, engine);
    const deps = { cloud, store, engine, queue };
    return {
      operations: createOperations(deps),
      access: accessRules(cloud),
      resources: [functionResource(deps), permissionResource(deps)],
      start: () => queue.start(),
      async stop() {
        queue.stop();
        await engine.stop();
      },
    };
  },
});
