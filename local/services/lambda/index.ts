import { defineService } from "#local/cloud/index.ts";
import { createAsyncQueue } from "./async-queue.ts";
import { createEngine } from "./engine.ts";
import { functionArn, functionNameOf } from "./names.ts";
import { createOperations } from "./operations.ts";
import { functionResource, permissionResource } from "./resources.ts";
import { createLambdaStore } from "./store.ts";

export const lambda = defineService({
  name: "lambda",
  iamPrefix: "lambda",
  create(cloud) {
    const store = createLambdaStore(cloud.store);
    const engine = createEngine(cloud);
    const queue = createAsyncQueue(cloud, store, engine);
    const parts = { cloud, store, engine, queue };
    const on = ({ FunctionName }: { FunctionName: string }) => ({
      resources: [functionArn(cloud, functionNameOf(cloud, FunctionName))],
    });
    return {
      operations: createOperations(parts),
      access: {
        invoke: (input) => ({ action: "lambda:InvokeFunction", ...on(input) }),
        getFunction: on,
        getFunctionConfiguration: on,
        updateFunctionConfiguration: on,
        getFunctionConcurrency: on,
        putFunctionConcurrency: on,
        deleteFunctionConcurrency: on,
      },
      resources: [functionResource(parts), permissionResource(parts)],
      start: () => queue.start(),
      async stop() {
        queue.stop();
        await engine.stop();
      },
    };
  },
});
