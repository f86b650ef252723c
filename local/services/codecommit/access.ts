import type { AccessRules } from "#local/cloud/index.ts";

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscodecommit.html */
export const access: AccessRules<"codecommit"> = {
  createRepository: "{repositoryName}",
  deleteRepository: "{repositoryName}",
  getRepository: "{repositoryName}",
  getBranch: "{repositoryName}",
  listBranches: "{repositoryName}",
  getCommit: "{repositoryName}",
  getFile: "{repositoryName}",
  getFolder: "{repositoryName}",
  getDifferences: "{repositoryName}",
  getBlob: "{repositoryName}",
};
