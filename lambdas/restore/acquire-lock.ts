import type { RDSClient } from "@aws-sdk/client-rds";
import { RestoreFailed, StillWaiting } from "../core/errors.ts";
import type { Deps } from "../core/journal.ts";
import { type LockRecord, readLock, takeOver } from "../core/lock.ts";
import type { Step, Work } from "../core/step.ts";
import { findSnapshot } from "./find-snapshot.ts";
import type { Misfit, RestoreRecord } from "./record.ts";
import { findMisfit, loadHistory, schemaVersionOf } from "./schema.ts";

interface LockDeps extends Deps {
  readonly rds: RDSClient;
}

/** Takes the lock of the stage, so that nothing is deployed while its database is replaced. Waits for a running deployment. */
export function acquireLock(deps: LockDeps): Step<RestoreRecord> {
  return { name: "Acquire lock", withoutLock: true, act: (work) => acquire(deps, work) };
}

async function acquire(deps: LockDeps, { execution, record }: Work<RestoreRecord>) {
  const lock = await readLock(deps.table);
  if (lock.holder === execution) return acquired(lock.generation);
  if (lock.frozen) throw frozen(lock.frozen, record);
  if (lock.holder !== undefined && (await deps.machine.isRunning(lock.holder)))
    throw new StillWaiting(`The deployment lock is held by ${describeHolder(lock)}`);
  // Only the holder of the lock changes the live release, and the lock is taken only if it is still as it was read above.
  await requireFit(deps, record);
  const generation = await takeOver(deps, lock, { execution });
  if (generation === undefined) throw new StillWaiting("Another execution has just taken the deployment lock");
  return acquired(generation);
}

const acquired = (generation: number) => ({ kind: "done", output: { generation }, facts: { generation } }) as const;

/** A release that finds an older schema than it was built for cannot start. */
async function requireFit({ rds, table }: LockDeps, record: RestoreRecord): Promise<void> {
  if (record.swappedAt !== undefined) return; // started over after the swap
  const snapshot = await findSnapshot(rds, record.snapshot);
  if (!snapshot) return; // Restore snapshot reports it
  const history = await loadHistory(table);
  const takenAt = snapshot.SnapshotCreateTime ?? new Date(0);
  const misfit = findMisfit(schemaVersionOf({ id: record.snapshot, takenAt }, history), history);
  if (misfit) throw unfit(record, misfit);
}

function unfit({ snapshot }: RestoreRecord, { missing }: Misfit): RestoreFailed {
  return new RestoreFailed(
    `The live release does not run on the schema of snapshot ${snapshot}, which does not have its migrations ${missing.join(", ")}. Nothing was changed.\nFix: start the restore again; it shows how to restore this snapshot. Run: lockstep restore ${snapshot}`,
  );
}

function describeHolder({ deployment, holder }: LockRecord): string {
  return deployment === undefined ? `execution ${holder}` : `deployment ${deployment}`;
}

function frozen({ reason, since }: NonNullable<LockRecord["frozen"]>, { restore }: RestoreRecord): RestoreFailed {
  return new RestoreFailed(
    [
      `The stage has been frozen since ${since}: ${reason} Nothing was changed.`,
      `Fix: check what is live (lockstep status), unfreeze the stage with lockstep unlock, then run: lockstep redrive ${restore}`,
    ].join("\n"),
  );
}
