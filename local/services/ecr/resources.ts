import { z } from "zod";
import { defineResource, type ResourceState } from "#local/cloud/index.ts";
import type { Deps } from "./deps.ts";
import { deleteRepository, describeRepository, repositoryOf } from "./operations/repositories.ts";
import type { RepositoryRecord } from "./store.ts";

export const createResources = (deps: Deps) => [repositoryResource(deps), pullThroughCacheRuleResource(deps)];

const bool = z.union([z.boolean(), z.stringbool()]);

const repositoryProperties = z.strictObject({
  RepositoryName: z.string().optional(),
  ImageTagMutability: z.enum(["MUTABLE", "IMMUTABLE"]).default("MUTABLE"),
  ImageScanningConfiguration: z.strictObject({ ScanOnPush: bool.default(false) }).optional(),
  EmptyOnDelete: bool.default(false),
});

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecr-repository.html */
function repositoryResource({ cloud, store, blobs }: Deps) {
  const stateOf = (record: RepositoryRecord): ResourceState => {
    const { repositoryArn, repositoryUri } = describeRepository(cloud, record);
    return { physicalId: record.name, attributes: { Arn: repositoryArn, RepositoryUri: repositoryUri } };
  };
  const put = (name: string, properties: z.infer<typeof repositoryProperties>): ResourceState => {
    const record: RepositoryRecord = {
      name,
      createdAt: store.repositories.get(name)?.createdAt ?? cloud.clock.now(),
      tagMutability: properties.ImageTagMutability,
      scanOnPush: properties.ImageScanningConfiguration?.ScanOnPush ?? false,
    };
    return stateOf(store.repositories.save(record));
  };
  return defineResource({
    type: "AWS::ECR::Repository",
    properties: repositoryProperties,
    inert: ["LifecyclePolicy", "EncryptionConfiguration", "RepositoryPolicyText", "Tags"],
    createOnly: ["RepositoryName", "EncryptionConfiguration"],
    nameProperty: "RepositoryName",
    create: (properties, context) =>
      put(properties.RepositoryName ?? context.generatedName(60).toLowerCase(), properties),
    update: ({ physicalId }, properties) => put(physicalId, properties),
    refresh: ({ physicalId }) => stateOf(repositoryOf({ cloud, store }, physicalId)),
    delete({ physicalId }, { EmptyOnDelete }) {
      if (!EmptyOnDelete && store.imagesOf(physicalId).length > 0)
        throw new Error(`Repository ${physicalId} still contains images. Fix: set EmptyOnDelete to delete them too.`);
      deleteRepository({ store, blobs }, physicalId);
    },
  });
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecr-pullthroughcacherule.html */
function pullThroughCacheRuleResource({ store }: Deps) {
  return defineResource({
    type: "AWS::ECR::PullThroughCacheRule",
    properties: z.strictObject({ EcrRepositoryPrefix: z.string().min(2), UpstreamRegistryUrl: z.string() }),
    nameProperty: "EcrRepositoryPrefix",
    create({ EcrRepositoryPrefix: prefix, UpstreamRegistryUrl: upstream }) {
      store.rules.save({ prefix, upstream });
      return { physicalId: prefix };
    },
    delete: ({ physicalId }) => store.rules.delete(physicalId),
  });
}
