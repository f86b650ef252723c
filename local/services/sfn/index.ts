import { defineService } from "#local/cloud/index.ts";
import { accessRules } from "./access.ts";
import { Engine } from "./engine.ts";
import { createMachines } from "./machines.ts";
import { taskTokenOperations } from "./operations/task-tokens.ts";
import { executionOperations, isExpired } from "./operations/executions.ts";
import { machineOperations } from "./operations/machines.ts";
import { stateMachineResource } from "./resources.ts";
import { openStore } from "./store.ts";

export const sfn = defineService({
  name: "sfn",
  iamPrefix: "states",
  create(cloud) {
    const store = openStore(cloud);
    const engine = new Engine(cloud, store);
    const machines = createMachines(cloud, store);
    const deps = { cloud, store, engine, machines };
    return {
      operations: { ...machineOperations(deps), ...executionOperations(deps), ...taskTokenOperations(deps) },
      access: accessRules(cloud),
      resources: [stateMachineResource(machines)],
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
