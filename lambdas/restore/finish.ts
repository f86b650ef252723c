import type { Deps } from "../core/journal.ts";
import { freeLock, settleQueue } from "../core/lock.ts";
import { deploymentKey, withdrawRelease } from "../core/record.ts";
import type { Outcome, Step, Work } from "../core/step.ts";
import type { RestoreRecord } from "./record.ts";

/** Records the success, releases the lock and gives it to the next push. */
export function finish(deps: Deps): Step<RestoreRecord> {
  return { name: "Finish", act: (work) => finishRestore(deps, work) };
}

/** The lock is released last, so that this can be run again wherever it was interrupted. */
async function finishRestore(deps: Deps, work: Work<RestoreRecord>): Promise<Outcome<RestoreRecord>> {
  const { record, execution, generation } = work;
  const { from, to, restore } = record;
  if (from && to) {
    await withdrawRelease(deps, { from: from.deployment, to: to.deployment });
    await deps.table.patch(deploymentKey(from.deployment), { rollback: { id: restore, outcome: "rolled-back" } });
  }
  await work.remember({ status: "restored", endedAt: record.endedAt ?? deps.clock.now().toISOString() });
  await freeLock(deps.table, { execution, generation });
  await settleQueue(deps);
  return { kind: "done", output: { restored: record.snapshot, kept: record.keptInstance } };
}
