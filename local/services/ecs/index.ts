import { defineService } from "#local/cloud/index.ts";
import { createAccess } from "./access.ts";
import { createContainers } from "./containers.ts";
import type { Deps } from "./deps.ts";
import { clusterOperations } from "./operations/clusters.ts";
import { serviceOperations } from "./operations/services.ts";
import { taskDefinitionOperations } from "./operations/task-definitions.ts";
import { taskSetOperations } from "./operations/task-sets.ts";
import { taskOperations } from "./operations/tasks.ts";
import { inert, reads } from "./reads.ts";
import { createResources } from "./resources.ts";
import { createScheduler } from "./scheduler.ts";
import { openStore } from "./store.ts";
import { createTaskEngine } from "./task-engine.ts";

export const ecs = defineService({
  name: "ecs",
  iamPrefix: "ecs",
  reads,
  inert,
  validation: { invalid: "InvalidParameterException" },
  paging: { maxSize: 100, invalidSize: "InvalidParameterException", invalidToken: "InvalidParameterException" },
  create(cloud) {
    const store = openStore(cloud);
    const containers = createContainers({ cloud, store });
    const engine = createTaskEngine({ cloud, store, containers });
    const scheduler = createScheduler({ cloud, store, engine });
    const deps: Deps = { cloud, store, engine, scheduler };
    return {
      operations: {
        ...clusterOperations(deps),
        ...taskDefinitionOperations(deps),
        ...serviceOperations(deps),
        ...taskSetOperations(deps),
        ...taskOperations(deps),
      },
      access: createAccess(cloud, store),
      resources: createResources(deps),
      start() {
        engine.resume();
        scheduler.start();
      },
      async stop() {
        await scheduler.stop();
        await engine.settled();
      },
      async shutDown() {
        await scheduler.stop();
        await engine.shutDown();
      },
    };
  },
});
