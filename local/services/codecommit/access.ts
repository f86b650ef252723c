import type { AccessRules } from "#local/cloud/index.ts";
import type { Deps } from "./deps.ts";

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscodecommit.html */
export function createAccess({ engine }: Deps): AccessRules<"codecommit"> {
  const onRepository = ({ repositoryName = "" }: { repositoryName?: string | undefined }) => ({
    resources: [engine.arnOf({ name: repositoryName })],
  });
  return {
    createRepository: onRepository,
    deleteRepository: onRepository,
    getRepository: onRepository,
    getBranch: onRepository,
    listBranches: onRepository,
    getCommit: onRepository,
    getFile: onRepository,
    getFolder: onRepository,
    getBlob: onRepository,
  };
}
