import { defineService } from "#local/cloud/index.ts";
import { createAccessRules } from "./access.ts";
import { createContainers } from "./containers.ts";
import { createOperations } from "./operations.ts";
import { clusterResource, serviceResource, taskDefinitionResource } from "./resources.ts";
import { createScheduler } from "./scheduler.ts";
import { openEcsStore } from "./store.ts";
import { createTaskEngine } from "./task-engine.ts";

export const ecs = defineService({
  name: "ecs",
  iamPrefix: "ecs",
  create(cloud) {
    const store = openEcsStore(cloud);
    const containers = createContainers(cloud, store);
    const engine = createTaskEngine({ cloud, store, containers });
    const scheduler = createScheduler({ cloud, store, engine });
    const parts = { cloud, store, engine, scheduler };
    return {
      operations: createOperations(parts),
      access: createAccessRules(cloud, store),
      resources: [clusterResource(parts), taskDefinitionResource(parts), serviceResource(parts)],
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
