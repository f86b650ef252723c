import { defineService } from "#local/cloud/index.ts";
import { access } from "./access.ts";
import { openBlobFiles } from "./blobs.ts";
import { authorizationOperations } from "./operations/authorization.ts";
import { imageOperations } from "./operations/images.ts";
import { repositoryOperations } from "./operations/repositories.ts";
import { reads } from "./reads.ts";
import { createRegistry } from "./registry/routes.ts";
import { createResources } from "./resources.ts";
import { openStore } from "./store.ts";

export const ecr = defineService({
  name: "ecr",
  iamPrefix: "ecr",
  reads,
  validation: { invalid: "InvalidParameterException" },
  paging: {
    maxSize: 1000,
    defaultSize: 100,
    invalidSize: "InvalidParameterException",
    invalidToken: "InvalidParameterException",
  },
  create(cloud) {
    const deps = { cloud, store: openStore(cloud), blobs: openBlobFiles(cloud.directory("ecr"), cloud.ids) };
    return {
      operations: { ...authorizationOperations(deps), ...repositoryOperations(deps), ...imageOperations(deps) },
      access,
      resources: createResources(deps),
      routes: { "/v2/": createRegistry(deps) },
    };
  },
});
