import { StartExecutionCommand } from "@aws-sdk/client-sfn";
import { randomUUID } from "node:crypto";
import type { Push } from "../../lambdas/core/record.ts";
import { describeEnding, exitCodeOf, followDeployment } from "../follow/follow.ts";
import { findRunningCloud } from "../local/state-directory.ts";
import type { StageOptions } from "../options.ts";
import type { Clients } from "../stage/clients.ts";
import { type FoundCommit, findCommit } from "../stage/find-commit.ts";
import { describeFreeze, StageFrozen } from "../stage/freeze.ts";
import { identify, machineArn } from "../stage/identity.ts";
import { type LockItem, readLock } from "../stage/records.ts";
import { openStage, type Stage } from "../stage/stage.ts";
import { colour, shortId, titleOf } from "../terminal/text.ts";

interface DeployOptions extends StageOptions {
  detach?: boolean;
}

/** `lockstep deploy [ref]`: does what a push does, for any commit of the repository. */
export async function deploy(ref: string | undefined, options: DeployOptions): Promise<void> {
  const { clients, stage } = await openStage(options, findRunningCloud());
  const source = await findCommit(clients, stage, ref);
  const lock = await readLock(clients, stage);
  const freeze = describeFreeze(stage, lock);
  if (freeze !== undefined) throw new StageFrozen(`Not deployed: ${freeze}`);
  const push = await pushOf({ clients, stage, source, lock });
  const { executionArn: execution = "" } = await clients.sfn.send(
    new StartExecutionCommand({
      stateMachineArn: await machineArn(clients, stage, "deploy"),
      name: push.deployment,
      input: JSON.stringify(push),
    }),
  );
  const { deployment, commit } = push;
  if (!options.json) console.log(`${colour("bold", shortId(deployment))} to ${stage.name}: ${titleOf(source.message)}`);
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
}

/** The same input that receive-push makes from an event. */
async function pushOf({ clients, stage, source, lock }: DeployRequest): Promise<Push> {
  const { arn, at } = await identify(clients, stage);
  const { commit, branch } = source;
  return {
    deployment: `${commit.slice(0, 8)}-${randomUUID()}`,
    repository: stage.repository,
    branch,
    commit,
    pushedAt: afterAll(at, lock.newest?.pushedAt),
    requestedBy: arn,
  };
}

/** Later than every push, in whole seconds as in CodeCommit's events: a deployment on request is never outdated. */
export function afterAll(now: Date, newest: string | undefined): string {
  const afterNewest = newest === undefined ? 0 : Date.parse(newest) + 1000;
  const at = new Date(Math.max(now.getTime(), afterNewest));
  return `${at.toISOString().slice(0, 19)}Z`;
}
