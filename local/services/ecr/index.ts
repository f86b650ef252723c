import { defineService } from "#local/cloud/index.ts";
import { openBlobFiles } from "./blobs.ts";
import { createOperations } from "./operations.ts";
import { createRegistry } from "./registry.ts";
import { pullThroughCacheRuleResource, repositoryResource } from "./resources.ts";
import { openStore } from "./store.ts";

export const ecr = defineService({
  name: "ecr",
  iamPrefix: "ecr",
  validation: { invalid: "InvalidParameterException" },
  create(cloud) {
    const deps = { cloud, store: openStore(cloud), blobs: openBlobFiles(cloud.directory("ecr"), cloud.ids) };
    const onRepository = ({ repositoryName }: { repositoryName: string }) => ({
      resources: [cloud.arn("ecr", `repository/${repositoryName}`)],
    });
    return {
      operations: createOperations(deps),
      access: {
        createRepository: onRepository,
        deleteRepository: onRepository,
        describeImages: onRepository,
        listImages: onRepository,
        batchGetImage: onRepository,
        batchDeleteImage: onRepository,
        describeRepositories: ({ repositoryNames }) => ({
          resources: repositoryNames?.map((name) => cloud.arn("ecr", `repository/${name}`)) ?? [
            cloud.arn("ecr", "repository/*"),
          ],
        }),
      },
      resources: [repositoryResource(deps), pullThroughCacheRuleResource(deps)],
      routes: { "/v2/": createRegistry(deps) },
    };
  },
});
