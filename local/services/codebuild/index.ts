import { defineService } from "#local/cloud/index.ts";
import { createEngine } from "./engine.ts";
import { createAccess, createOperations, type Parts } from "./operations.ts";
import { createProjectResource } from "./resources.ts";
import { openBuildStore } from "./store.ts";

export const codebuild = defineService({
  name: "codebuild",
  iamPrefix: "codebuild",
  validation: { invalid: "InvalidInputException" },
  create(cloud) {
    const store = openBuildStore(cloud);
    const engine = createEngine(cloud, store);
    const parts: Parts = { cloud, store, engine };
    return {
      operations: createOperations(parts),
      access: createAccess(parts),
      resources: [createProjectResource(parts)],
      start: () => engine.resume(),
      stop: () => engine.detach(),
      shutDown: () => engine.end(),
    };
  },
});
