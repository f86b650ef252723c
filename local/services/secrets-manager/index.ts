import { defineService } from "#local/cloud/index.ts";
import { createAccess } from "./access.ts";
import { deletionOperations } from "./operations/deletion.ts";
import { secretOperations } from "./operations/secrets.ts";
import { valueOperations } from "./operations/values.ts";
import { reads } from "./reads.ts";
import { createResources } from "./resources.ts";
import { openStore } from "./store.ts";

export const secretsManager = defineService({
  name: "secrets-manager",
  iamPrefix: "secretsmanager",
  reads,
  paging: { maxSize: 100, invalidSize: "InvalidParameterException", invalidToken: "InvalidNextTokenException" },
  create(cloud, schema) {
    const deps = { cloud, store: openStore(cloud) };
    return {
      operations: { ...valueOperations(deps), ...secretOperations(deps), ...deletionOperations(deps) },
      access: createAccess(deps.store),
      resources: createResources(deps, schema),
    };
  },
});
