import type { AccessRules, Clients, Operations } from "#local/cloud/index.ts";
import { createContentOperations } from "./operations/content.ts";
import { createReferenceOperations } from "./operations/references.ts";
import { createRepositoryOperations } from "./operations/repositories.ts";
import type { Parts } from "./parts.ts";

/** https://docs.aws.amazon.com/codecommit/latest/APIReference/ */
export function createOperations(parts: Parts): Operations<Clients["codecommit"]> {
  return {
    ...createRepositoryOperations(parts),
    ...createReferenceOperations(parts),
    ...createContentOperations(parts),
  };
}

export function createAccess({ engine }: Parts): AccessRules<Clients["codecommit"]> {
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
