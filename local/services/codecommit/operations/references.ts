import { git } from "#local/git/index.ts";
import { isCommitId, isReferenceName, readCommit, resolveCommit } from "#local/git/index.ts";
import type { Deps } from "../deps.ts";
import { fault } from "../faults.ts";
import type { Operations } from "../reads.ts";
import { findRepository } from "../repository.ts";

export function createReferenceOperations(deps: Deps) {
  return {
    async getBranch({ repositoryName, branchName }) {
      if (repositoryName === undefined) throw fault("RepositoryNameRequiredException", "A repository name is required");
      const { directory } = findRepository(deps, repositoryName);
      if (branchName === undefined) throw fault("BranchNameRequiredException", "A branch name is required");
      if (!isReferenceName(branchName))
        throw fault("InvalidBranchNameException", `"${branchName}" is not a branch name`);
      const commitId = await resolveCommit(directory, `refs/heads/${branchName}`);
      if (commitId === undefined) throw fault("BranchDoesNotExistException", `Branch ${branchName} does not exist`);
      return { branch: { branchName, commitId } };
    },
    async listBranches({ repositoryName }) {
      const { directory } = findRepository(deps, repositoryName);
      const output = await git(directory, "for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads");
      return { branches: output.toString("utf8").split("\n").filter(Boolean) };
    },
    async getCommit({ repositoryName, commitId }) {
      const { directory } = findRepository(deps, repositoryName);
      if (!isCommitId(commitId)) throw fault("InvalidCommitIdException", `"${commitId}" is not a full commit id`);
      if ((await resolveCommit(directory, commitId)) !== commitId)
        throw fault("CommitIdDoesNotExistException", `Commit ${commitId} does not exist`);
      return { commit: { commitId, ...(await readCommit(directory, commitId)), additionalData: "" } };
    },
  } satisfies Partial<Operations>;
}
