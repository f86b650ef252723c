import { defineService } from "#local/cloud/index.ts";
import { createAccess } from "./access.ts";
import { createEngine } from "./engine.ts";
import { accountOperations } from "./operations/account.ts";
import { instanceOperations } from "./operations/instances.ts";
import { snapshotOperations } from "./operations/snapshots.ts";
import { tagOperations } from "./operations/tags.ts";
import { inert, reads } from "./reads.ts";
import { createResources } from "./resources.ts";
import { openStore } from "./store.ts";

export const rds = defineService({
  name: "rds",
  iamPrefix: "rds",
  hasLowerCaseNames: true,
  reads,
  inert,
  validation: { invalid: "InvalidParameterValue", missing: "MissingParameter" },
  paging: { minSize: 20, maxSize: 100, invalidSize: "InvalidParameterValue", invalidToken: "InvalidParameterValue" },
  create(cloud, schema) {
    const store = openStore(cloud);
    const engine = createEngine(cloud, store);
    const deps = { cloud, store, engine };
    return {
      operations: {
        ...instanceOperations(deps),
        ...snapshotOperations(deps),
        ...accountOperations(deps),
        ...tagOperations(deps),
      },
      access: createAccess(store),
      resources: createResources(deps, schema),
      start: () => engine.start(),
      stop: () => engine.stop(),
      shutDown: () => engine.shutDown(),
    };
  },
});
