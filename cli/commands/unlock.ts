import { DescribeExecutionCommand } from "@aws-sdk/client-sfn";
import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { hasName } from "../../lambdas/core/errors.ts";
import { exitCodes, UsageError } from "../errors.ts";
import { findRunningCloud } from "../local/state-directory.ts";
import type { ReasonOptions } from "../options.ts";
import type { Clients } from "../stage/clients.ts";
import { identify } from "../stage/identity.ts";
import { holderOf } from "../stage/outcomes.ts";
import { listQueue, type LockItem, readLock } from "../stage/records.ts";
import { openStage, type Stage } from "../stage/stage.ts";
import { wake } from "../stage/wake.ts";
import { cleanLines, clockTime, colour, confirm } from "../terminal/text.ts";
import { unlessNamed } from "../stage/unless-named.ts";

interface UnlockOptions extends ReasonOptions {
  force?: boolean;
  yes?: boolean;
}

/** `lockstep unlock`: releases the deployment lock and unfreezes the stage. Unfinished work is not undone. */
export async function unlock({ reason, force, yes, json, ...options }: UnlockOptions): Promise<void> {
  const { clients, stage } = await openStage(options, findRunningCloud());
  const { arn: by, at } = await identify(clients, stage);
  const lock = await readLock(clients, stage);
  if (lock.holder === undefined && !lock.frozen) throw new UsageError(`${stage.name} is not locked.`);
  if (!json) console.error(describe(lock));
  await refuseWhileRunning(clients, lock, force ?? false);
  if (!yes && !(await confirm(`Unlock ${stage.name}? Unfinished work is not undone.`, json ?? false))) {
    console.error("Not unlocked.");
    process.exit(exitCodes.failed);
  }
  await release({
    clients,
    stage,
    lock,
    unlocked: { by, at: at.toISOString(), ...(reason !== undefined && { reason }) },
  });
  const waiting = await listQueue(clients, stage);
  for (const { token } of waiting) await wake(clients, token, `${stage.name} was unlocked by ${by}`);
  const { holder = null, frozen = null } = lock;
  if (json) console.log(JSON.stringify({ unlocked: true, by, holder, frozen, woken: waiting.length }, null, 2));
  else
    console.log(
      colour("green", `${stage.name} is unlocked.`) +
        (waiting[0] ? ` Waiting deployments resumed: ${waiting.length}` : ""),
    );
}

function describe(lock: LockItem): string {
  const since = lock.takenAt === undefined ? "" : ` since ${clockTime(lock.takenAt)}`;
  const held = lock.holder === undefined ? "The lock has no holder." : `The lock is held by ${holderOf(lock)}${since}`;
  const { frozen } = lock;
  if (!frozen) return held;
  return `${held}\nFrozen since ${clockTime(frozen.since)}: ${cleanLines(frozen.reason)}`;
}

async function refuseWhileRunning({ sfn }: Clients, lock: LockItem, force: boolean): Promise<void> {
  if (lock.holder === undefined || force) return;
  const command = new DescribeExecutionCommand({ executionArn: lock.holder });
  const status = (await sfn.send(command).catch(unlessNamed("ExecutionDoesNotExist")))?.status;
  if (status !== "RUNNING" && status !== "PENDING_REDRIVE") return;
  throw new UsageError(
    `The lock is held by ${holderOf(lock)}, which is still running; the stage stays locked. Fix: wait until it ends, stop a deployment or rollback with lockstep abort, or add --force (it then waits for the lock again).`,
  );
}

interface Release {
  clients: Clients;
  stage: Stage;
  /** As it was read; a lock that has changed since is not released. */
  lock: LockItem;
  unlocked: object;
}

async function release({ clients, stage, lock, unlocked }: Release): Promise<void> {
  const { generation } = lock;
  const update = {
    TableName: stage.prefix,
    Key: { pk: "lock", sk: "lock" },
    UpdateExpression: "SET generation = :next, unlocked = :unlocked REMOVE holder, deployment, takenAt, heldAt, frozen",
    ConditionExpression: "generation = :generation",
    ExpressionAttributeValues: { ":next": generation + 1, ":generation": generation, ":unlocked": unlocked },
  };
  try {
    await clients.documents.send(new UpdateCommand(update));
  } catch (error) {
    if (!hasName(error, "ConditionalCheckFailedException")) throw error;
    throw new UsageError(
      `The lock of ${stage.name} has changed meanwhile and was not released. Fix: run the command again.`,
    );
  }
}
