import { StartExecutionCommand } from "@aws-sdk/client-sfn";
import { randomUUID } from "node:crypto";
import type { Push } from "../../lambdas/core/record.ts";
import type { Clients } from "../stage/clients.ts";
import { type FoundCommit, findCommit } from "../stage/find-commit.ts";
import { exitCodeOf, followToEnd, tellEnding } from "../follow/follow.ts";
import { identify, machineArn } from "../stage/identity.ts";
import type { Stage } from "../stage/stage.ts";
import { openStage } from "../stage/open-stage.ts";
import type { StageOptions } from "../program.ts";
import { type LockItem, readLock } from "../stage/records.ts";
import { colour, oneLine, shortId, titleOf } from "../terminal/text.ts";

interface DeployOptions extends StageOptions {
  detach?: boolean;
}

/** `lockstep deploy [ref]`: what a push does, for any commit of the repository. */
export async function deploy(ref: string | undefined, options: DeployOptions): Promise<void> {
  const { clients, stage } = await openStage(options.stage);
  const found = await findCommit(clients, stage, ref);
  const lock = await readLock(clients, stage);
  if (lock.frozen) {
    console.error(
      `${stage.name} is frozen: ${oneLine(lock.frozen.reason)} The deployment waits until lockstep unlock.`,
    );
  }
  const push = await pushOf({ clients, stage, found, lock });
  const { executionArn: execution = "" } = await clients.sfn.send(
    new StartExecutionCommand({
      stateMachineArn: await machineArn(clients, stage, "deploy"),
      name: push.deployment,
      input: JSON.stringify(push),
    }),
  );
  const { deployment, commit } = push;
  const title = titleOf(found.message);
  if (!options.json) console.log(`${colour("bold", shortId(deployment))} to ${stage.name}: ${title}`);
  if (options.detach) {
    if (options.json) console.log(JSON.stringify({ deployment, execution, commit, outcome: "started" }, null, 2));
    return;
  }
  const ending = await followToEnd({ clients, stage, execution, quiet: options.json ?? false });
  if (options.json) console.log(JSON.stringify({ deployment, execution, commit, ...ending }, null, 2));
  else console.log(tellEnding(ending, shortId(deployment)));
  process.exitCode = exitCodeOf(ending);
}

interface Wish {
  clients: Clients;
  stage: Stage;
  found: FoundCommit;
  lock: LockItem;
}

/** What receive-push makes of an event. */
async function pushOf({ clients, stage, found, lock }: Wish): Promise<Push> {
  const { arn, at } = await identify(clients, stage);
  const { commit, branch } = found;
  return {
    deployment: `${commit.slice(0, 8)}-${randomUUID()}`,
    repository: stage.repository,
    branch,
    commit,
    pushedAt: afterAll(at, lock.newest?.pushedAt),
    requestedBy: arn,
  };
}

/** In whole seconds, as CodeCommit tells it. Who asks for a deployment now does not mean one that is outdated already. */
export function afterAll(now: Date, newest: string | undefined): string {
  const afterNewest = newest === undefined ? 0 : Date.parse(newest) + 1000;
  const at = new Date(Math.max(now.getTime(), afterNewest));
  return `${at.toISOString().slice(0, 19)}Z`;
}
