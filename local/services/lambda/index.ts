import { defineService } from "#local/cloud/index.ts";
import { createAccess } from "./access.ts";
import { createAsyncQueue } from "./async-queue.ts";
import { customResources } from "./custom-resources.ts";
import { createEngine } from "./engine.ts";
import { functionUrls } from "./function-urls.ts";
import { functionOperations } from "./operations/functions.ts";
import { invokeOperations } from "./operations/invoke.ts";
import { inert, reads } from "./reads.ts";
import { createResources } from "./resources.ts";
import { openStore } from "./store.ts";

const invalid = "InvalidParameterValueException";

export const lambda = defineService({
  name: "lambda",
  iamPrefix: "lambda",
  reads,
  inert,
  validation: { invalid, missing: "ValidationException" },
  paging: { defaultSize: 50, maxSize: 10_000, invalidSize: invalid, invalidToken: invalid },
  create(cloud) {
    const store = openStore(cloud);
    const engine = createEngine(cloud);
    const queue = createAsyncQueue(cloud, store, engine);
    const deps = { cloud, store, engine, queue };
    const custom = customResources(deps);
    const urls = functionUrls(deps);
    return {
      operations: { ...functionOperations(deps), ...invokeOperations(deps), ...urls.operations },
      access: createAccess(cloud),
      resources: [...createResources(deps), custom.resource, urls.resource],
      routes: { ...custom.routes, ...urls.routes },
      start: () => queue.start(),
      stop: () => engine.stop(),
    };
  },
});
