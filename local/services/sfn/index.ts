import { defineService } from "#local/cloud/index.ts";
import { accessRules } from "./access.ts";
import { Engine } from "./engine.ts";
import { createMachines } from "./machines.ts";
import { answerOperations } from "./operations/answers.ts";
import { executionOperations, isForgotten } from "./operations/executions.ts";
import { machineOperations } from "./operations/machines.ts";
import { stateMachineResource } from "./resources.ts";
import { openSfnStore } from "./store.ts";

export const sfn = defineService({
  name: "sfn",
  iamPrefix: "states",
  create(cloud) {
    const store = openSfnStore(cloud);
    const engine = new Engine(cloud, store);
    const machines = createMachines(cloud, store);
    return {
      operations: {
        ...machineOperations(store, machines),
        ...executionOperations({ cloud, store, engine, machines }),
        ...answerOperations(store, engine),
      },
      access: accessRules(cloud),
      resources: [stateMachineResource(machines)],
      start() {
        for (const execution of store.executions()) {
          if (isForgotten(execution, cloud.clock.now())) store.forget(execution.arn);
        }
        engine.start();
      },
      stop: () => engine.stop(),
      shutDown: () => engine.stop(),
    };
  },
});
