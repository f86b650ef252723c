import type { CodeCommitClient } from "@aws-sdk/client-codecommit";
import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import type { SFNClient } from "@aws-sdk/client-sfn";
import type * as z from "zod/mini";
import { markFailed } from "../end-of-execution.ts";
import { freezeStage } from "../freeze.ts";
import { leaveQueue, readLock, settleQueue } from "../../core/lock.ts";
import { type DeploymentRecord, loadRecord, loadRecords } from "../../core/record.ts";
import { rollbackOf, type RollbackPorts, startRollback } from "../../rollback/rollback.ts";
import type { environment } from "./contract.ts";
import { catchUp } from "./missed-push.ts";

export interface ReconcilePorts extends RollbackPorts {
  readonly eventBridge: EventBridgeClient;
  readonly sfn: SFNClient;
  readonly codeCommit: CodeCommitClient;
  readonly settings: z.infer<typeof environment>;
}

/**
 * The one net under all events between executions: what ended unnoticed is handled, a dead holder answers for its lock, a
 * push that no event announced is deployed. Run on a schedule; harmless at any time.
 */
export function reconcile(ports: ReconcilePorts) {
  return async (): Promise<void> => {
    const records = await loadRecords(ports.table);
    for (const record of records.filter(({ status }) => status === "running")) await checkOn(ports, record);
    await checkHolder(ports);
    await catchUp(ports, records);
    await settleQueue(ports);
  };
}

/** An execution whose end nobody announced: its record says so, and it waits for nothing any more. */
async function checkOn(ports: ReconcilePorts, record: DeploymentRecord): Promise<void> {
  if (await ports.machine.isRunning(record.execution)) return;
  ports.log.info("Ended unnoticed", { deployment: record.deployment });
  await markFailed(ports, record, { status: "ended", error: null, cause: null });
  await leaveQueue(ports.table, record);
}

async function checkHolder(ports: ReconcilePorts): Promise<void> {
  const { holder: execution, deployment, frozen } = await readLock(ports.table);
  if (execution === undefined || frozen || (await ports.machine.isRunning(execution))) return;
  const name = execution.split(":").at(-1) ?? execution;
  ports.log.info("The holder of the lock is dead", { execution });
  if (!execution.startsWith(executionsOf(ports.settings.DEPLOY_MACHINE_ARN))) {
    return freezeStage(ports, {
      execution,
      name,
      error: "Ended",
      cause: "The execution ended without giving the lock back.",
    });
  }
  const record = await loadRecord(ports.table, deployment ?? name);
  const redriveCount = record?.attempt ?? 0;
  await startRollback(ports, ports.settings.ROLLBACK_MACHINE_ARN, {
    rollback: rollbackOf(name, redriveCount),
    cause: { kind: "execution", execution, deployment: name, status: "ENDED", redriveCount },
  });
}

function executionsOf(stateMachineArn: string): string {
  return `${stateMachineArn.replace(":stateMachine:", ":execution:")}:`;
}
