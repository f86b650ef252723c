import { RestoreFailed, StillWaiting } from "../core/errors.ts";
import type { Deps } from "../core/journal.ts";
import { type LockRecord, readLock, takeOver } from "../core/lock.ts";
import type { Step, Work } from "../core/step.ts";
import type { RestoreRecord } from "./record.ts";

/** Takes the lock of the stage, so that nothing is deployed while its database is replaced. Waits for a running deployment. */
export function acquireLock(deps: Deps): Step<RestoreRecord> {
  return { name: "Acquire lock", withoutLock: true, act: (work) => acquire(deps, work) };
}

async function acquire(deps: Deps, { execution }: Work<RestoreRecord>) {
  const lock = await readLock(deps.table);
  if (lock.holder === execution) return acquired(lock.generation);
  if (lock.frozen) throw frozen(lock.frozen);
  if (lock.holder !== undefined && (await deps.machine.isRunning(lock.holder)))
    throw new StillWaiting(`The deployment lock is held by ${describeHolder(lock)}`);
  const generation = await takeOver(deps, lock, { execution });
  if (generation === undefined) throw new StillWaiting("Another execution has just taken the deployment lock");
  return acquired(generation);
}

const acquired = (generation: number) => ({ kind: "done", output: { generation }, facts: { generation } }) as const;

function describeHolder({ deployment, holder }: LockRecord): string {
  return deployment === undefined ? `execution ${holder}` : `deployment ${deployment}`;
}

function frozen({ reason, since }: NonNullable<LockRecord["frozen"]>): RestoreFailed {
  return new RestoreFailed(
    [
      `The stage has been frozen since ${since}: ${reason} Nothing was changed.`,
      "Fix: check what is live (lockstep status), unfreeze the stage with lockstep unlock, then redrive this execution.",
    ].join("\n"),
  );
}
