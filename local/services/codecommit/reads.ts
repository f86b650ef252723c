import type { DeclaredInput, Operations as OperationsOf, Reads } from "#local/cloud/index.ts";

export const reads = {
  createRepository: ["repositoryName", "repositoryDescription"],
  deleteRepository: ["repositoryName"],
  getRepository: ["repositoryName"],
  listRepositories: ["sortBy", "order"],
  getBranch: ["repositoryName", "branchName"],
  listBranches: ["repositoryName"],
  getCommit: ["repositoryName", "commitId"],
  getFile: ["repositoryName", "commitSpecifier", "filePath"],
  getFolder: ["repositoryName", "commitSpecifier", "folderPath"],
  getDifferences: ["repositoryName", "beforeCommitSpecifier", "afterCommitSpecifier"],
  getBlob: ["repositoryName", "blobId"],
} as const satisfies Reads<"codecommit">;

export type Operations = OperationsOf<"codecommit", typeof reads>;
export type Input<N extends keyof typeof reads> = DeclaredInput<"codecommit", typeof reads, N>;
