import { defineService } from "#local/cloud/index.ts";
import { access } from "./access.ts";
import type { Deps } from "./deps.ts";
import { createEngine } from "./engine.ts";
import { buildOperations } from "./operations/builds.ts";
import { projectOperations } from "./operations/projects.ts";
import { reads } from "./reads.ts";
import { createResources } from "./resources.ts";
import { openStore } from "./store.ts";

export const codebuild = defineService({
  name: "codebuild",
  iamPrefix: "codebuild",
  reads,
  validation: { invalid: "InvalidInputException" },
  paging: { maxSize: 100, invalidSize: "InvalidInputException", invalidToken: "InvalidInputException" },
  create(cloud) {
    const store = openStore(cloud);
    const deps: Deps = { cloud, store, engine: createEngine(cloud, store) };
    return {
      operations: { ...buildOperations(deps), ...projectOperations(deps) },
      access,
      resources: createResources(deps),
      start: () => deps.engine.start(),
      stop: () => deps.engine.stop(),
      shutDown: () => deps.engine.shutDown(),
    };
  },
});
