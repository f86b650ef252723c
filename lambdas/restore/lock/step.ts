import { RestoreFailed, StillWaiting } from "../../core/errors.ts";
import { type LockRecord, readLock, takeOver } from "../../core/lock.ts";
import type { RestoreStep, RestoreWork } from "../restore.ts";
import type { Ports } from "../../core/step.ts";

/** Takes the lock of the stage: nothing is deployed while its database is exchanged. A deployment that runs is waited for. */
export function restoreLock(ports: Ports): RestoreStep {
  return { name: "Acquire lock", withoutLock: true, run: (work) => acquire(ports, work) };
}

async function acquire(ports: Ports, { execution }: RestoreWork) {
  const lock = await readLock(ports.table);
  if (lock.holder === execution) return acquired(lock.generation);
  if (lock.frozen) throw frozen(lock.frozen);
  if (lock.holder !== undefined && (await ports.machine.isRunning(lock.holder)))
    throw new StillWaiting(`The lock of the stage is held by ${describeHolder(lock)}`);
  const generation = await takeOver(ports, lock, { execution });
  if (generation === undefined) throw new StillWaiting("Somebody else took the lock of the stage a moment ago");
  return acquired(generation);
}

const acquired = (generation: number) => ({ output: { generation }, facts: { generation } });

function describeHolder({ deployment, holder }: LockRecord): string {
  return deployment === undefined ? `execution ${holder}` : `deployment ${deployment}`;
}

function frozen({ reason, since }: NonNullable<LockRecord["frozen"]>): RestoreFailed {
  return new RestoreFailed(
    `The stage is frozen since ${since}: ${reason} Nothing was changed. Look at what is live, end the freeze with \`lockstep unlock\`, then redrive this execution.`,
  );
}
