import { defineService } from "#local/cloud/index.ts";
import { createAccess } from "./access.ts";
import { createOperations } from "./operations.ts";
import { createResources } from "./resources.ts";
import { createStore } from "./store.ts";

export const secretsManager = defineService({
  name: "secrets-manager",
  iamPrefix: "secretsmanager",
  create(cloud) {
    const context = { cloud, store: createStore(cloud) };
    return {
      operations: createOperations(context),
      access: createAccess(context),
      resources: createResources(context),
    };
  },
});
