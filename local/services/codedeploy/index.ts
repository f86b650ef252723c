import { defineService } from "#local/cloud/index.ts";
import { createAccess } from "./access.ts";
import { createEngine } from "./engine.ts";
import { catalogOperations } from "./operations/catalog.ts";
import { deploymentOperations } from "./operations/deployments.ts";
import { targetOperations } from "./operations/targets.ts";
import { createResources } from "./resources.ts";
import { openCodeDeployStore } from "./store.ts";

export const codedeploy = defineService({
  name: "codedeploy",
  iamPrefix: "codedeploy",
  create(cloud) {
    const store = openCodeDeployStore(cloud);
    const engine = createEngine(cloud, store);
    const parts = { cloud, store, engine };
    return {
      operations: { ...catalogOperations(parts), ...deploymentOperations(parts), ...targetOperations(parts) },
      access: createAccess(cloud, store),
      resources: createResources(parts),
      start: () => engine.start(),
      stop: () => engine.stop(),
      shutDown: () => engine.stop(),
    };
  },
});
