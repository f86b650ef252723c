import { defineService } from "#local/cloud/index.ts";
import { openBlobFiles } from "./blobs.ts";
import { createOperations } from "./operations.ts";
import { createRegistry } from "./registry.ts";
import { pullThroughCacheRuleResource, repositoryResource } from "./resources.ts";
import { openEcrStore } from "./store.ts";

export const ecr = defineService({
  name: "ecr",
  iamPrefix: "ecr",
  validation: { invalid: "InvalidParameterException" },
  create(cloud) {
    const parts = { cloud, store: openEcrStore(cloud), blobs: openBlobFiles(cloud.directory("ecr"), cloud.ids) };
    const onRepository = ({ repositoryName }: { repositoryName: string }) => ({
      resources: [cloud.arn("ecr", `repository/${repositoryName}`)],
    });
    return {
      operations: createOperations(parts),
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
      resources: [repositoryResource(parts), pullThroughCacheRuleResource(parts)],
      routes: { "/v2/": createRegistry(parts) },
    };
  },
});
