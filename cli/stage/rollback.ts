import { DescribeExecutionCommand, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { randomUUID } from "node:crypto";
import type { RollbackInput } from "../../lambdas/rollback/record.ts";
import { shortId } from "../terminal/text.ts";
import type { Clients } from "./clients.ts";
import { identify, machineArn } from "./identity.ts";
import { holderOf } from "./outcomes.ts";
import { readLock } from "./records.ts";
import type { Stage } from "./stage.ts";

/** Starts the rollback to a release in the name of the caller. */
export async function startRollback(
  clients: Clients,
  stage: Stage,
  { release, reason }: { release: string; reason: string | undefined },
): Promise<string> {
  const { arn, at } = await identify(clients, stage);
  const name = `person-${randomUUID()}`;
  const input: RollbackInput = {
    rollback: name,
    requestedAt: at.toISOString(),
    cause: { kind: "person", by: arn, reason, release },
  };
  const { executionArn = "" } = await clients.sfn.send(
    new StartExecutionCommand({
      stateMachineArn: await machineArn(clients, stage, "rollback"),
      name,
      input: JSON.stringify(input),
    }),
  );
  return executionArn;
}

/** Why no rollback can start now; undefined if one can. */
export async function refuseRollback(clients: Clients, stage: Stage): Promise<string | undefined> {
  const lock = await readLock(clients, stage);
  if (lock.holder === undefined) return undefined;
  const { status } = await clients.sfn.send(new DescribeExecutionCommand({ executionArn: lock.holder }));
  if (status !== "RUNNING") return undefined; // the rollback machine takes the lock over
  const holder = shortId(holderOf(lock));
  return lock.deployment === undefined
    ? `The lock of ${stage.name} is held by ${holder}, which is not a deployment; production unchanged. Fix: wait until it ends, or stop a rollback with lockstep abort.`
    : `Deployment ${holder} is in progress and will roll back itself if it fails; production unchanged. To stop it, run: lockstep abort`;
}
