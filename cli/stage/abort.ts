import { DescribeExecutionCommand, StopExecutionCommand } from "@aws-sdk/client-sfn";
import { UsageError } from "../errors.ts";
import { type AbortTarget, abortTarget } from "./choose.ts";
import type { Clients } from "./clients.ts";
import { identify } from "./identity.ts";
import { listDeployments, listRollbacks, readLock } from "./records.ts";
import type { Stage } from "./stage.ts";

export async function findAbortTarget(clients: Clients, stage: Stage, id: string | undefined): Promise<AbortTarget> {
  const [deployments, rollbacks, lock] = await Promise.all([
    listDeployments(clients, stage, Number.POSITIVE_INFINITY),
    listRollbacks(clients, stage),
    readLock(clients, stage),
  ]);
  return abortTarget({ deployments, rollbacks, lock }, id);
}

interface StopRequest {
  execution: string;
  /** Of the deployment or rollback, for people. */
  name: string;
  reason: string | undefined;
}

/** Stops a running execution in the name of the caller. */
export async function stopExecution(
  clients: Clients,
  stage: Stage,
  { execution: executionArn, name, reason = "no reason given" }: StopRequest,
): Promise<void> {
  const { arn } = await identify(clients, stage);
  // StopExecution succeeds even if the execution has already ended.
  const { status } = await clients.sfn.send(new DescribeExecutionCommand({ executionArn }));
  if (status !== "RUNNING") throw new UsageError(`${name} is not running: it has ended (${status}).`);
  const stop = new StopExecutionCommand({ executionArn, error: "Aborted", cause: `by ${arn}: ${reason}` });
  await clients.sfn.send(stop);
}
