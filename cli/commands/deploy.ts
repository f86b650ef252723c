import { StartExecutionCommand } from "@aws-sdk/client-sfn";
import { randomUUID } from "node:crypto";
import type { Push } from "../../lambdas/core/record.ts";
import { describeEnding, exitCodeOf, followDeployment } from "../follow/follow.ts";
import { UsageError } from "../errors.ts";
import { findRunningCloud } from "../local/state-directory.ts";
import type { StageOptions } from "../options.ts";
import type { Clients } from "../stage/clients.ts";
import { type FoundCommit, findCommit, findLiveCommit } from "../stage/find-commit.ts";
import { describeFreeze, StageFrozen } from "../stage/freeze.ts";
import { identify, machineArn } from "../stage/identity.ts";
import { type LockItem, readLock } from "../stage/records.ts";
import { openStage, type Stage } from "../stage/stage.ts";
import { describeTitle } from "../stage/outcomes.ts";
import { colour, shortId } from "../terminal/text.ts";

interface DeployOptions extends StageOptions {
  detach?: boolean;
  configOnly?: boolean;
}

/** `lockstep deploy [ref]`: does what a push does, for any commit of the repository, or without a build for the live release. */
export async function deploy(ref: string | undefined, options: DeployOptions): Promise<void> {
  const { clients, stage } = await openStage(options, findRunningCloud());
  const { configOnly = false } = options;
  if (configOnly && ref !== undefined)
    throw new UsageError("--config-only deploys the live release again. Fix: leave out the commit.");
  const source = await (configOnly ? findLiveCommit(clients, stage) : findCommit(clients, stage, ref));
  const lock = await readLock(clients, stage);
  const freeze = describeFreeze(stage, lock);
  if (freeze !== undefined) throw new StageFrozen(`Not deployed: ${freeze}`);
  const push = await pushOf({ clients, stage, source, lock, configOnly });
  const { executionArn: execution = "" } = await clients.sfn.send(
    new StartExecutionCommand({
      stateMachineArn: await machineArn(clients, stage, "deploy"),
      name: push.deployment,
      input: JSON.stringify(push),
    }),
  );
  const { deployment, commit } = push;
  const title = describeTitle({ configOnly, message: source.message });
  if (!options.json) console.log(`${colour("bold", shortId(deployment))} to ${stage.name}: ${title}`);
  if (options.detach) {
    if (options.json) console.log(JSON.stringify({ deployment, execution, commit, outcome: "started" }, null, 2));
    return;
  }
  const ending = await followDeployment({ clients, stage, execution, quiet: options.json ?? false });
  if (options.json) console.log(JSON.stringify({ deployment, execution, commit, ...ending }, null, 2));
  else console.log(describeEnding(ending, shortId(deployment)));
  process.exitCode = exitCodeOf(ending);
}

interface DeployRequest {
  clients: Clients;
  stage: Stage;
  source: FoundCommit;
  lock: LockItem;
  configOnly: boolean;
}

/** The same input that receive-push makes from an event. */
async function pushOf({ clients, stage, source, lock, configOnly }: DeployRequest): Promise<Push> {
  const { arn, at } = await identify(clients, stage);
  const { commit, branch } = source;
  return {
    deployment: `${commit.slice(0, 8)}-${randomUUID()}`,
    repository: stage.repository,
    branch,
    commit,
    pushedAt: afterAll(at, lock.newest?.pushedAt),
    requestedBy: arn,
    ...(configOnly && { configOnly }),
  };
}

/** Later than every push, in whole seconds as in CodeCommit's events: a deployment on request is never outdated. */
export function afterAll(now: Date, newest: string | undefined): string {
  const afterNewest = newest === undefined ? 0 : Date.parse(newest) + 1000;
  const at = new Date(Math.max(now.getTime(), afterNewest));
  return `${at.toISOString().slice(0, 19)}Z`;
}
