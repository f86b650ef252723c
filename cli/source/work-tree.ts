import path from "node:path";
import { UsageError } from "../errors.ts";
import { cleanLines, oneLine } from "../terminal/text.ts";
import { type Git, GitFailed, gitIn, orUndefined } from "./git.ts";

/** The commit that is checked out in the app's repository. */
export interface WorkTree {
  git: Git;
  commit: string;
  title: string;
  branch: string;
  /** As `git status --short` prints them. */
  uncommitted: readonly string[];
}

/** Throws a UsageError if there is no commit to push. */
export async function openWorkTree(directory: string): Promise<WorkTree> {
  const git = gitIn(directory);
  const place = path.relative("", directory) || "this directory";
  await git("rev-parse", "--is-inside-work-tree").catch((error: unknown) => {
    if (!(error instanceof GitFailed)) throw error;
    if (!error.message.includes("not a git repository")) throw new UsageError(error.message, { cause: error });
    throw new UsageError(
      `There is no git repository in ${place}. Run: git init, then git add --all && git commit -m "Add the app"`,
      { cause: error },
    );
  });
  const commit = await orUndefined(git("rev-parse", "--verify", "--quiet", "HEAD^{commit}"));
  if (commit === undefined)
    throw new UsageError(
      `The repository has no commits, so there is nothing to deploy. Run: git add --all && git commit -m "Add the app"`,
    );
  const branch = await orUndefined(git("symbolic-ref", "--quiet", "--short", "HEAD"));
  if (branch === undefined)
    throw new UsageError(
      `HEAD is detached at ${commit.slice(0, 8)}: no branch is checked out. Run: git switch <branch>, or to deploy a pushed commit: lockstep deploy ${commit}`,
    );
  const [title, status] = await Promise.all([git("log", "-1", "--format=%s"), git("status", "--short")]);
  return { git, commit, branch, title: oneLine(title), uncommitted: status.split("\n").filter(Boolean) };
}

const shownChanges = 10;

/** What is not part of the pushed commit; undefined if everything is. */
export function describeUncommitted({ uncommitted, commit }: WorkTree): string | undefined {
  if (uncommitted.length === 0) return undefined;
  const lines = uncommitted.slice(0, shownChanges).map((line) => `\n  ${cleanLines(line)}`);
  const more = uncommitted.length - shownChanges;
  return `Uncommitted changes are not deployed, only commit ${commit.slice(0, 8)}:${lines.join("")}${more > 0 ? `\n  and ${more} more` : ""}`;
}
