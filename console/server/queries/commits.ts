import { describeOutcome, outcomeOf } from "../../../cli/stage/outcomes.ts";
import { currentRelease, listDeployments, listQueue, readLock } from "../../../cli/stage/records.ts";
import { sourceRepository } from "../../../cli/stage/repository.ts";
import { titleOf } from "../../../cli/terminal/text.ts";
import type { StageContext } from "../stages.ts";
import { requireDeployment } from "./require-deployment.ts";

/** A commit of the stage's branch. */
export interface BranchCommit {
  commit: string;
  title: string;
  author: string;
  /** Its newest deployment, in the words of the command line; null if it was never deployed. */
  outcome: string | null;
  live: boolean;
}

export interface BranchCommits {
  branch: string;
  /** By first parents, the newest first. */
  commits: BranchCommit[];
}

const maxCommits = 20;

export async function branchCommits({ clients, stage }: StageContext): Promise<BranchCommits> {
  const { branch } = stage.config;
  const repository = sourceRepository(clients, stage);
  const [deployments, live, lock, queue] = await Promise.all([
    listDeployments(clients, stage, 200),
    currentRelease(clients, stage),
    readLock(clients, stage),
    listQueue(clients, stage),
  ]);
  const state = { live: live?.deployment, lock, queue };
  const commits: BranchCommit[] = [];
  for (let id = await repository.head(branch); id !== undefined && commits.length < maxCommits; ) {
    const commit = await repository.commit(id);
    if (!commit) break;
    const newest = deployments.find((item) => item.commit === commit.id);
    commits.push({
      commit: commit.id,
      title: titleOf(commit.message),
      author: commit.author ?? "",
      outcome: newest ? describeOutcome(outcomeOf(newest, state)) : null,
      live: live?.commit === commit.id,
    });
    id = commit.parent;
  }
  return { branch, commits };
}

/** The message of a deployment's commit after its title, which alone is in the record; empty if there is nothing else. */
export async function messageBody(context: StageContext, id: string): Promise<string> {
  const { commit } = await requireDeployment(context, id);
  const source = await sourceRepository(context.clients, context.stage).commit(commit);
  return (source?.message ?? "").trim().split("\n").slice(1).join("\n").trim();
}
