import { defineService } from "#local/cloud/index.ts";
import type { Deps } from "./deps.ts";
import { createEngine } from "./engine.ts";
import { createAccess, createOperations } from "./operations.ts";
import { createProjectResource } from "./resources.ts";
import { openStore } from "./store.ts";

export const codebuild = defineService({
  name: "codebuild",
  iamPrefix: "codebuild",
  validation: { invalid: "InvalidInputException" },
  create(cloud) {
    const store = openStore(cloud);
    const engine = createEngine(cloud, store);
    const deps: Deps = { cloud, store, engine };
    return {
      operations: createOperations(deps),
      access: createAccess(deps),
      resources: [createProjectResource(deps)],
      start: () => engine.resume(),
      stop: () => engine.detach(),
      shutDown: () => engine.shutDown(),
    };
  },
});
