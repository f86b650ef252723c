import type { AccessRules } from "#local/cloud/index.ts";

const repository = "repository/{repositoryName}";

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html */
export const access: AccessRules<"ecr"> = {
  createRepository: repository,
  deleteRepository: repository,
  describeRepositories: "repository/{repositoryNames}",
  describeImages: repository,
  listImages: repository,
  batchGetImage: repository,
  batchDeleteImage: repository,
};
