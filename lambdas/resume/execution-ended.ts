import { leaveQueue, settleQueue } from "../shared/lock.ts";
import { deploymentKey, type DeploymentRecord, loadRecord, stepNames } from "../shared/record.ts";
import type { Ports } from "../shared/step.ts";
import type { ExecutionEnded } from "./contract.ts";

/** An execution ended without success: its record says so, and a waiting push may take its lock. */
export async function executionEnded(ports: Ports, ended: ExecutionEnded): Promise<void> {
  const record = await loadRecord(ports.table, ended.name);
  // An event that arrives after a redrive speaks of an attempt that is over.
  if (record?.execution === ended.executionArn && record.attempt === (ended.redriveCount ?? 0)) {
    if (record.status === "running") await markFailed(ports, record, ended);
    if (!(await ports.machine.isRunning(ended.executionArn))) await leaveQueue(ports.table, record);
  }
  await settleQueue(ports);
}

/** Steps write their own failures; this is for an execution that was aborted, ran out of time or retries. */
async function markFailed({ table, clock }: Ports, record: DeploymentRecord, ended: ExecutionEnded): Promise<void> {
  const failure = {
    step: stepNames.findLast((name) => record.steps[name]) ?? "Acquire lock",
    error: ended.error ?? ended.status,
    cause: ended.cause ?? `The execution ended as ${ended.status}.`,
  };
  const changes = { status: "failed", failure, endedAt: clock.now().toISOString() };
  await table.patch(deploymentKey(record.deployment), changes, { status: "running", attempt: record.attempt });
}
