import { appDirectory } from "../app-directory.ts";
import { exitCodes } from "../errors.ts";
import { describeEnding, type Ending, exitCodeOf, followDeployment } from "../follow/follow.ts";
import { findRunningCloud } from "../local/state-directory.ts";
import type { StageOptions } from "../options.ts";
import { pushCommit } from "../source/push.ts";
import { connectRemote } from "../source/remote.ts";
import { describeUncommitted, openWorkTree, type WorkTree } from "../source/work-tree.ts";
import type { Clients } from "../stage/clients.ts";
import { describeFreeze, StageFrozen } from "../stage/freeze.ts";
import { deploymentOf, pushesBefore, startedBy } from "../stage/pushed.ts";
import { type DeploymentItem, readLock } from "../stage/records.ts";
import { openStage, type Stage } from "../stage/stage.ts";
import { colour, shortId } from "../terminal/text.ts";

interface PushOptions extends StageOptions {
  detach?: boolean;
}

/** `lockstep push`: pushes HEAD to the branch of the stage and follows the deployment. */
export async function push(options: PushOptions): Promise<void> {
  const { json = false, detach = false, profile } = options;
  const { clients, stage } = await openStage(options, findRunningCloud());
  const workTree = await openWorkTree(appDirectory);
  const warning = describeUncommitted(workTree);
  if (warning !== undefined) console.error(warning);
  const result = await pushHead({ clients, stage, workTree, profile, json, detach });
  if (json) console.log(JSON.stringify(result, null, 2));
  process.exitCode = exitCodeOfPush(result);
}

export interface HeadPush {
  clients: Clients;
  stage: Stage;
  workTree: WorkTree;
  profile?: string | undefined;
  json?: boolean;
  detach?: boolean;
  /** Ctrl-C is not only for following: it stops the local cloud, too. */
  isAttached?: boolean;
}

/** What `--json` prints. */
export interface PushResult extends Omit<Partial<Ending>, "outcome"> {
  commit: string;
  deployment: string | null;
  outcome: Ending["outcome"] | "started" | "skipped" | "already live" | "not started";
  reason?: string;
}

/** Pushes the commit and follows its deployment, unless its release is live already. */
export async function pushHead(head: HeadPush): Promise<PushResult> {
  const { clients, stage, workTree, profile, json = false } = head;
  const { commit, title, git } = workTree;
  const freeze = describeFreeze(stage, await readLock(clients, stage));
  if (freeze !== undefined) throw new StageFrozen(`Not pushed: ${freeze}`);
  const print = (line: string) => void (json || console.log(line));
  const before = await pushesBefore(clients, stage, commit);
  const remote = await connectRemote(git, { clients, stage, profile });
  print(`${colour("bold", commit.slice(0, 8))} to ${stage.name}: ${title}`);
  if (!(await pushCommit(workTree, remote, stage.config.branch))) return withoutPush(head, print);
  const started = await startedBy(clients, stage, before);
  if (started && "deployment" in started) return follow(head, started.deployment, print);
  const outcome = started ? "skipped" : "not started";
  const reason = started?.skipped ?? "The push started no deployment in time. Run: lockstep status";
  print(started ? `Not deployed: ${reason}` : reason);
  return { commit, deployment: null, outcome, reason };
}

/** The branch has the commit already. */
async function withoutPush(head: HeadPush, print: (line: string) => void): Promise<PushResult> {
  const { clients, stage, workTree } = head;
  const { commit } = workTree;
  const { deployment, isLive } = await deploymentOf(clients, stage, commit);
  if (deployment?.status === "running") return follow(head, deployment, print);
  const id = deployment?.deployment ?? null;
  if (isLive) {
    print(`Nothing to push: ${commit.slice(0, 8)} is live.`);
    return { commit, deployment: id, outcome: "already live" };
  }
  const last = deployment ? `its deployment ${shortId(deployment.deployment)} ${deployment.status}` : "not deployed";
  const reason = `Nothing to push: ${commit.slice(0, 8)} was pushed before (${last}). Run: lockstep deploy, or commit a change`;
  print(reason);
  return { commit, deployment: id, outcome: "not started", reason };
}

async function follow(head: HeadPush, item: DeploymentItem, print: (line: string) => void): Promise<PushResult> {
  const { clients, stage, json = false, detach, isAttached = false } = head;
  const { deployment, execution, commit } = item;
  if (detach) {
    print(`Deployment ${deployment} started. Follow it with lockstep status.`);
    return { commit, deployment, outcome: "started" };
  }
  const ending = await followDeployment({ clients, stage, execution, quiet: json, isAttached });
  print(describeEnding(ending, shortId(deployment)));
  return { commit, deployment, ...ending };
}

export function exitCodeOfPush({ outcome }: PushResult): number {
  if (outcome === "not started") return exitCodes.failed;
  if (outcome === "started" || outcome === "skipped" || outcome === "already live") return exitCodes.success;
  return exitCodeOf({ outcome });
}
