import { UsageError } from "../errors.ts";
import { GitFailed } from "./git.ts";
import { type Remote, settingArguments } from "./remote.ts";
import type { WorkTree } from "./work-tree.ts";

/** The commit was not pushed. */
export class PushRejected extends Error {
  override readonly name = "PushRejected";
}

/** Pushes the commit that is checked out to a branch. Returns whether the branch changed. */
export async function pushCommit({ git, commit }: WorkTree, remote: Remote, branch: string): Promise<boolean> {
  const target = remote.name ?? remote.url;
  const push = ["push", "--porcelain", target, `${commit}:refs/heads/${branch}`];
  const output = await git(...settingArguments(remote.settings), ...push).catch((error: unknown) => {
    throw error instanceof GitFailed ? explain(error, target, branch) : error;
  });
  return !output.split("\n").some((line) => line.startsWith("="));
}

/** https://git-scm.com/docs/git-push#_output: a line that begins with `!` is the reference that was rejected. */
function explain(error: GitFailed, target: string, branch: string): Error {
  const rejection = error.stdout.split("\n").find((line) => line.startsWith("!")) ?? "";
  const cause = { cause: error };
  if (/fetch first|non-fast-forward/.test(rejection))
    return new PushRejected(
      `Branch ${branch} of the stage has commits that the current branch does not have, so git rejected the push. Fix: git pull --rebase ${target} ${branch}, or to discard those commits: git push --force ${target} HEAD:${branch}`,
      cause,
    );
  if (rejection.includes("shallow update not allowed"))
    return new PushRejected(
      "The repository is a shallow clone, which lacks commits that the stage needs. Run: git fetch --unshallow",
      cause,
    );
  if (/aws.*not found/.test(error.message))
    return new UsageError(
      `The AWS CLI was not found; git authenticates to CodeCommit with it. Fix: install the AWS CLI.\n${error.message}`,
      cause,
    );
  return new PushRejected(`git push to ${target} failed: ${error.message}`, cause);
}
