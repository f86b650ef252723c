import { DescribeExecutionCommand } from "@aws-sdk/client-sfn";
import * as z from "zod/mini";
import { leaveQueue, readLock, settleQueue } from "../../core/lock.ts";
import { type DeploymentRecord, loadRecord, loadRecords } from "../../core/record.ts";
import { rollbackOf, startRollback } from "../../rollback/record.ts";
import { freezeStage, markFailed } from "../end-of-execution.ts";
import { readinessCheck, type ReconcileDeps } from "./contract.ts";
import { startMissedPush } from "./missed-push.ts";
import { reportReadiness } from "./report-readiness.ts";

/**
 * Catches what lost events leave behind: records of executions that have ended, a lock whose holder has ended, a push without an event.
 * Runs on a schedule; safe at any time. Every hour it checks, too, whether the stage could be rolled back.
 */
export function reconcile(deps: ReconcileDeps) {
  return async (event: unknown): Promise<void> => {
    if (z.safeParse(readinessCheck, event).success) return reportReadiness(deps);
    const records = await loadRecords(deps.table);
    for (const record of records.filter(({ status }) => status === "running")) await closeFinished(deps, record);
    await checkHolder(deps);
    await startMissedPush(deps, records);
    await settleQueue(deps);
  };
}

/** Marks a deployment whose execution has ended as failed, and removes it from the queue. */
async function closeFinished(deps: ReconcileDeps, record: DeploymentRecord): Promise<void> {
  if (await deps.machine.isRunning(record.execution)) return;
  deps.log.info("Found a finished execution without an event", { deployment: record.deployment });
  await markFailed(deps, record, { status: "ended" });
  await leaveQueue(deps.table, record);
}

async function checkHolder(deps: ReconcileDeps): Promise<void> {
  const { holder: execution, deployment, frozen } = await readLock(deps.table);
  if (execution === undefined || frozen || (await deps.machine.isRunning(execution))) return;
  const name = execution.split(":").at(-1) ?? execution;
  deps.log.info("Lock holder is no longer running", { execution });
  if (!execution.startsWith(executionsOf(deps.settings.DEPLOY_MACHINE_ARN))) {
    const ended = await deps.sfn.send(new DescribeExecutionCommand({ executionArn: execution }));
    const { status = "ended", error = status, cause = "The execution ended without releasing the lock." } = ended;
    return freezeStage(deps, { execution, name, status, error, cause });
  }
  const attempt = (await loadRecord(deps.table, deployment ?? name))?.attempt ?? 0;
  await startRollback(deps, deps.settings.ROLLBACK_MACHINE_ARN, {
    rollback: rollbackOf(name, attempt),
    cause: { kind: "execution", execution, deployment: name, status: "ENDED", attempt },
  });
}

function executionsOf(stateMachineArn: string): string {
  return `${stateMachineArn.replace(":stateMachine:", ":execution:")}:`;
}
