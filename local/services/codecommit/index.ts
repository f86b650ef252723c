import { defineService } from "#local/cloud/index.ts";
import { access } from "./access.ts";
import type { Deps } from "./deps.ts";
import { createEngine } from "./engine.ts";
import { createContentOperations } from "./operations/content.ts";
import { createReferenceOperations } from "./operations/references.ts";
import { createRepositoryOperations } from "./operations/repositories.ts";
import { reads } from "./reads.ts";
import { createRepositoryResource } from "./resources.ts";
import { createGitRoute } from "./routes.ts";
import { openStore } from "./store.ts";

export const codecommit = defineService({
  name: "codecommit",
  iamPrefix: "codecommit",
  reads,
  paging: {
    maxSize: 1000,
    invalidSize: "InvalidContinuationTokenException",
    invalidToken: "InvalidContinuationTokenException",
  },
  create(cloud, schema) {
    const store = openStore(cloud);
    const engine = createEngine(cloud, store);
    const deps: Deps = { cloud, store, engine };
    return {
      // https://docs.aws.amazon.com/codecommit/latest/APIReference/
      operations: {
        ...createRepositoryOperations(deps),
        ...createReferenceOperations(deps),
        ...createContentOperations(deps),
      },
      access,
      resources: [createRepositoryResource(deps, schema)],
      routes: { "/v1/": createGitRoute(deps) },
      start: () => engine.announceMissed(store.repositories.list()),
    };
  },
});
