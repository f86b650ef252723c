import {
  BranchDoesNotExistException,
  CommitIdDoesNotExistException,
  InvalidBranchNameException,
  InvalidCommitIdException,
} from "@aws-sdk/client-codecommit";
import type { Operations } from "#local/cloud/index.ts";
import { git } from "../git.ts";
import { isCommitId, isReferenceName, readCommit, resolveCommit } from "../objects.ts";
import type { Deps } from "../deps.ts";
import { findRepository } from "../repository.ts";

type ReferenceOperations = Pick<Operations<"codecommit">, "getBranch" | "listBranches" | "getCommit">;

export function createReferenceOperations(deps: Deps): ReferenceOperations {
  return {
    async getBranch({ repositoryName, branchName }) {
      const { directory } = findRepository(deps, repositoryName ?? "");
      if (branchName === undefined || !isReferenceName(branchName))
        throw new InvalidBranchNameException({ message: `"${branchName}" is not a branch name`, $metadata: {} });
      const commitId = await resolveCommit(directory, `refs/heads/${branchName}`);
      if (commitId === undefined)
        throw new BranchDoesNotExistException({ message: `Branch ${branchName} does not exist`, $metadata: {} });
      return { branch: { branchName, commitId } };
    },
    async listBranches({ repositoryName }) {
      const { directory } = findRepository(deps, repositoryName);
      const output = await git(directory, "for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads");
      return { branches: output.toString("utf8").split("\n").filter(Boolean) };
    },
    async getCommit({ repositoryName, commitId }) {
      const { directory } = findRepository(deps, repositoryName);
      if (!isCommitId(commitId))
        throw new InvalidCommitIdException({ message: `"${commitId}" is not a full commit id`, $metadata: {} });
      if ((await resolveCommit(directory, commitId)) !== commitId)
        throw new CommitIdDoesNotExistException({ message: `Commit ${commitId} does not exist`, $metadata: {} });
      return { commit: { commitId, ...(await readCommit(directory, commitId)), additionalData: "" } };
    },
  };
}
