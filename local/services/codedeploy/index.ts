import { defineService } from "#local/cloud/index.ts";
import { createAccess } from "./access.ts";
import { createEngine } from "./engine.ts";
import { catalogOperations } from "./operations/catalog.ts";
import { deploymentOperations } from "./operations/deployments.ts";
import { targetOperations } from "./operations/targets.ts";
import { inert, reads } from "./reads.ts";
import { createResources } from "./resources.ts";
import { openStore } from "./store.ts";

export const codedeploy = defineService({
  name: "codedeploy",
  iamPrefix: "codedeploy",
  reads,
  inert,
  paging: { maxSize: 100, invalidSize: "InvalidNextTokenException", invalidToken: "InvalidNextTokenException" },
  create(cloud) {
    const store = openStore(cloud);
    const engine = createEngine(cloud, store);
    const deps = { cloud, store, engine };
    return {
      operations: { ...catalogOperations(deps), ...deploymentOperations(deps), ...targetOperations(deps) },
      access: createAccess(store),
      resources: createResources(deps),
      start: () => engine.start(),
      stop: () => engine.stop(),
      shutDown: () => engine.stop(),
    };
  },
});
