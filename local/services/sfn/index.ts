import { defineService } from "#local/cloud/index.ts";
import { access } from "./access.ts";
import { Engine } from "./engine.ts";
import { isExpired } from "./execution-lifecycle.ts";
import { executionOperations } from "./operations/executions.ts";
import { machineOperations } from "./operations/machines.ts";
import { tagOperations } from "./operations/tags.ts";
import { taskTokenOperations } from "./operations/task-tokens.ts";
import { inert, reads } from "./reads.ts";
import { createResources } from "./resources.ts";
import { openStore } from "./store.ts";

export const sfn = defineService({
  name: "sfn",
  iamPrefix: "states",
  reads,
  inert,
  paging: {
    minSize: 0,
    maxSize: 1000,
    defaultSize: 100,
    invalidSize: "ValidationException",
    invalidToken: "InvalidToken",
  },
  create(cloud) {
    const store = openStore(cloud);
    const engine = new Engine(cloud, store);
    const deps = { cloud, store, engine };
    return {
      operations: {
        ...machineOperations(deps),
        ...tagOperations(deps),
        ...executionOperations(deps),
        ...taskTokenOperations(deps),
      },
      access,
      resources: createResources(deps),
      start() {
        for (const execution of store.executions()) {
          if (isExpired(execution, cloud.clock.now())) store.deleteExecution(execution.arn);
        }
        engine.start();
      },
      stop: () => engine.stop(),
      shutDown: () => engine.stop(),
    };
  },
});
