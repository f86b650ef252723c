import { DescribeExecutionCommand } from "@aws-sdk/client-sfn";
import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { agree } from "../terminal/confirm.ts";
import type { Clients } from "../stage/clients.ts";
import { exitCodes, UsageError } from "../errors.ts";
import { holderOf } from "../stage/outcomes.ts";
import { identify } from "../stage/identity.ts";
import type { Stage } from "../stage/stage.ts";
import { openStage } from "../stage/open-stage.ts";
import type { StageOptions } from "../program.ts";
import { listQueue, type LockItem, readLock } from "../stage/records.ts";
import { cleanLines, clockTime, colour } from "../terminal/text.ts";
import { wake } from "../stage/wake.ts";

interface UnlockOptions extends StageOptions {
  reason?: string;
  force?: boolean;
  yes?: boolean;
}

/** `lockstep unlock`: takes the lock from who holds it, and ends a freeze. What was left undone stays undone. */
export async function unlock({ reason, force, yes, json, ...options }: UnlockOptions): Promise<void> {
  const { clients, stage } = await openStage(options.stage);
  const { arn: by, at } = await identify(clients, stage);
  const lock = await readLock(clients, stage);
  if (lock.holder === undefined && !lock.frozen) throw new UsageError(`${stage.name} is not locked; nothing to do.`);
  if (!json) console.error(describe(lock));
  await refuseWhileAtWork(clients, lock, force ?? false);
  if (!yes && !(await agree(`Unlock ${stage.name}? What was left undone stays as it is.`, json ?? false))) {
    console.error("Nothing was changed.");
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
      colour("green", `${stage.name} is unlocked.`) + (waiting[0] ? ` ${waiting.length} waiting go on.` : ""),
    );
}

function describe(lock: LockItem): string {
  const since = lock.takenAt === undefined ? "" : ` since ${clockTime(lock.takenAt)}`;
  const held = lock.holder === undefined ? "Nobody holds the lock." : `Held by ${holderOf(lock)}${since}`;
  const { frozen } = lock;
  if (!frozen) return held;
  return `${held}\nFrozen since ${clockTime(frozen.since)}: ${cleanLines(frozen.reason)}`;
}

async function refuseWhileAtWork({ sfn }: Clients, lock: LockItem, force: boolean): Promise<void> {
  if (lock.holder === undefined || force) return;
  const status = await sfn.send(new DescribeExecutionCommand({ executionArn: lock.holder })).then(
    (found) => found.status,
    (error: unknown) => {
      if (error instanceof Error && error.name === "ExecutionDoesNotExist") return undefined;
      throw error;
    },
  );
  if (status !== "RUNNING" && status !== "PENDING_REDRIVE") return;
  throw new UsageError(
    `${holderOf(lock)} is at work; nothing was changed. Wait for its end, stop a deployment with \`lockstep abort\`, or take the lock from it with --force: it then waits for it anew.`,
  );
}

interface Release {
  clients: Clients;
  stage: Stage;
  /** As it was seen. */
  lock: LockItem;
  unlocked: object;
}

async function release({ clients, stage, lock, unlocked }: Release): Promise<void> {
  const { generation } = lock;
  const update = {
    TableName: stage.prefix,
    Key: { pk: "lock", sk: "lock" },
    UpdateExpression: "SET generation = :next, unlocked = :unlocked REMOVE holder, deployment, takenAt, heldAt, frozen",
    ConditionExpression: "generation = :seen",
    ExpressionAttributeValues: { ":next": generation + 1, ":seen": generation, ":unlocked": unlocked },
  };
  try {
    await clients.documents.send(new UpdateCommand(update));
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "ConditionalCheckFailedException") throw error;
    throw new UsageError(`The lock of ${stage.name} has changed hands meanwhile; nothing was changed. Look again.`);
  }
}
