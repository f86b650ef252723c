import { defineService } from "#local/cloud/index.ts";
import { createEngine } from "./engine.ts";
import { createAccess, createOperations } from "./operations.ts";
import type { Parts } from "./parts.ts";
import { createRepositoryResource } from "./resources.ts";
import { createGitRoute } from "./smart-http.ts";
import { openRepositoryStore } from "./store.ts";

export const codecommit = defineService({
  name: "codecommit",
  iamPrefix: "codecommit",
  create(cloud) {
    const store = openRepositoryStore(cloud);
    const engine = createEngine(cloud, store);
    const parts: Parts = { cloud, store, engine };
    return {
      operations: createOperations(parts),
      access: createAccess(parts),
      resources: [createRepositoryResource(parts)],
      routes: { "/v1/": createGitRoute(cloud, store, engine) },
      start: () => engine.catchUp(),
    };
  },
});
