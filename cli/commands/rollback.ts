import { DescribeExecutionCommand, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { randomUUID } from "node:crypto";
import type { Clients } from "../stage/clients.ts";
import { rollbackTarget } from "../stage/choose.ts";
import { exitCodes, UsageError } from "../errors.ts";
import { holderOf } from "../stage/outcomes.ts";
import { type Ending, followRollback } from "../follow/follow.ts";
import { identify, machineArn } from "../stage/identity.ts";
import type { Stage } from "../stage/stage.ts";
import { openStage } from "../stage/open-stage.ts";
import type { StageOptions } from "../program.ts";
import { currentRelease, listReleases, readLock, type ReleaseItem } from "../stage/records.ts";
import { colour, shortId } from "../terminal/text.ts";

interface RollbackOptions extends StageOptions {
  reason?: string;
}

/** `lockstep rollback [release]`: traffic goes back to an earlier release; the database stays as it is. */
export async function rollback(asked: string | undefined, options: RollbackOptions): Promise<void> {
  const { clients, stage } = await openStage(options.stage);
  await refuseWhileHeld(clients, stage);
  const live = await currentRelease(clients, stage);
  const target = rollbackTarget(await listReleases(clients, stage), live, asked);
  const from = live ? shortId(live.deployment) : "nothing";
  if (!options.json) console.log(`From ${from} back to ${colour("bold", shortId(target.deployment))}`);
  const execution = await start(clients, stage, { target, reason: options.reason });
  const ending = await followRollback({ clients, stage, execution, quiet: options.json ?? false });
  if (options.json) console.log(JSON.stringify({ release: target.deployment, execution, ...ending }, null, 2));
  else tellEnd(ending, target);
  process.exitCode = exitCodeOf(ending);
}

async function refuseWhileHeld(clients: Clients, stage: Stage): Promise<void> {
  const lock = await readLock(clients, stage);
  if (lock.holder === undefined) return;
  const { status } = await clients.sfn.send(new DescribeExecutionCommand({ executionArn: lock.holder }));
  if (status !== "RUNNING") return; // the rollback machine takes the lock over from the dead
  const advice =
    lock.deployment === undefined
      ? "Wait for its end."
      : "Its traffic goes back by itself when you stop it: lockstep abort";
  throw new UsageError(`${shortId(holderOf(lock))} is at work on ${stage.name}; nothing was changed. ${advice}`);
}

interface Wish {
  target: ReleaseItem;
  reason: string | undefined;
}

async function start(clients: Clients, stage: Stage, { target, reason }: Wish): Promise<string> {
  const { arn, at } = await identify(clients, stage);
  const name = `person-${randomUUID()}`;
  const cause = { kind: "person", by: arn, ...(reason !== undefined && { reason }), release: target.deployment };
  const { executionArn = "" } = await clients.sfn.send(
    new StartExecutionCommand({
      stateMachineArn: await machineArn(clients, stage, "rollback"),
      name,
      input: JSON.stringify({ rollback: name, requestedAt: at.toISOString(), cause }),
    }),
  );
  return executionArn;
}

/** The machine refuses what must not be before it touches anything. */
function isRefused({ rollback }: Pick<Ending, "rollback">): boolean {
  return rollback?.failure?.error === "RollbackRefused";
}

function exitCodeOf(ending: Pick<Ending, "outcome" | "rollback">): number {
  if (ending.outcome === "rolled back") return exitCodes.ok;
  return isRefused(ending) || ending.outcome === "failed" ? exitCodes.failed : exitCodes.rollbackFailed;
}

function tellEnd(ending: Pick<Ending, "outcome" | "rollback">, { deployment }: ReleaseItem): void {
  if (ending.outcome === "rolled back") return console.log(colour("green", `${shortId(deployment)} is live.`));
  if (isRefused(ending) || ending.outcome === "failed") return console.error("Nothing was changed.");
  console.error(
    `The rollback failed, and the stage is frozen. Look at what is live (lockstep status), then: lockstep redrive ${ending.rollback?.id}, or lockstep unlock`,
  );
}
