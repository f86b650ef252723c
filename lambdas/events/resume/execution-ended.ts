import { markFailed } from "../end-of-execution.ts";
import { leaveQueue, settleQueue } from "../../core/lock.ts";
import { loadRecord } from "../../core/record.ts";
import type { Ports } from "../../core/step.ts";
import type { ExecutionEnded } from "./contract.ts";

/** An execution ended without success: its record says so, and a waiting push may take its lock. */
export async function executionEnded(ports: Ports, ended: ExecutionEnded): Promise<void> {
  const record = await loadRecord(ports.table, ended.name);
  // An event that arrives after a redrive speaks of an attempt that is over.
  if (record?.execution === ended.executionArn && record.attempt === (ended.redriveCount ?? 0)) {
    if (record.status === "running" || record.status === "failed") await markFailed(ports, record, ended);
    if (!(await ports.machine.isRunning(ended.executionArn))) await leaveQueue(ports.table, record);
  }
  await settleQueue(ports);
}
