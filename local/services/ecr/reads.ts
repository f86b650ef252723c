import type { Operations as OperationsOf, Reads } from "#local/cloud/index.ts";

export const reads = {
  getAuthorizationToken: [],
  createRepository: ["repositoryName", "imageTagMutability", "imageScanningConfiguration"],
  deleteRepository: ["repositoryName", "force"],
  describeRepositories: ["repositoryNames"],
  describeImages: ["repositoryName", "imageIds", "filter"],
  listImages: ["repositoryName", "filter"],
  batchGetImage: ["repositoryName", "imageIds"],
  batchDeleteImage: ["repositoryName", "imageIds"],
} as const satisfies Reads<"ecr">;

export type Operations = OperationsOf<"ecr", typeof reads>;
