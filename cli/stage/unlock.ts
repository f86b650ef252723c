import { DescribeExecutionCommand } from "@aws-sdk/client-sfn";
import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { hasName } from "../../lambdas/core/errors.ts";
import { UsageError } from "../errors.ts";
import type { Clients } from "./clients.ts";
import { identify } from "./identity.ts";
import { holderOf } from "./outcomes.ts";
import { listQueue, type LockItem } from "./records.ts";
import type { Stage } from "./stage.ts";
import { unlessNamed } from "./unless-named.ts";
import { wake } from "./wake.ts";

interface UnlockRequest {
  /** As it was read; a lock that has changed since is not released. */
  lock: LockItem;
  reason: string | undefined;
}

/** Releases the lock and the freeze in the name of the caller, and wakes the deployments that wait. */
export async function unlockStage(
  clients: Clients,
  stage: Stage,
  { lock, reason }: UnlockRequest,
): Promise<{ by: string; woken: number }> {
  const { arn: by, at } = await identify(clients, stage);
  const unlocked = { by, at: at.toISOString(), ...(reason !== undefined && { reason }) };
  await release({ clients, stage, lock, unlocked });
  const waiting = await listQueue(clients, stage);
  for (const { token } of waiting) await wake(clients, token, `${stage.name} was unlocked by ${by}`);
  return { by, woken: waiting.length };
}

/** Why the lock should not be released now; undefined if nothing runs under it. */
export async function refuseUnlock({ sfn }: Clients, lock: LockItem): Promise<string | undefined> {
  if (lock.holder === undefined) return undefined;
  const command = new DescribeExecutionCommand({ executionArn: lock.holder });
  const status = (await sfn.send(command).catch(unlessNamed("ExecutionDoesNotExist")))?.status;
  if (status !== "RUNNING" && status !== "PENDING_REDRIVE") return undefined;
  return `The lock is held by ${holderOf(lock)}, which is still running; the stage stays locked. Fix: wait until it ends, stop a deployment or rollback with lockstep abort, or add --force (it then waits for the lock again).`;
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
