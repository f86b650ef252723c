import { freeLock, settleQueue } from "../../core/lock.ts";
import { restoreKey } from "../record.ts";
import type { RestoreStep, RestoreWork } from "../restore.ts";
import type { Ports } from "../../core/step.ts";

/** Writes down that the database is restored, gives the lock back and wakes the next push. */
export function restoreFinish(ports: Ports): RestoreStep {
  return { name: "Finish", run: (work) => finish(ports, work) };
}

/** The lock is given back last, so that whatever interrupts this, running it again completes it. */
async function finish(ports: Ports, { record, execution, generation }: RestoreWork) {
  const endedAt = record.endedAt ?? ports.clock.now().toISOString();
  await ports.table.patch(restoreKey(record.restore), { status: "restored", endedAt });
  await freeLock(ports.table, { execution, generation });
  await settleQueue(ports);
  return { output: { restored: record.snapshot, kept: record.keptInstance } };
}
