import { type DBInstance, ModifyDBInstanceCommand, type RDSClient } from "@aws-sdk/client-rds";
import type * as z from "zod/mini";
import { assertNever, hasName, RestoreFailed } from "../core/errors.ts";
import type { Outcome, Step, Work } from "../core/step.ts";
import { instanceWaitKey } from "../core/waiting.ts";
import type { databaseSettings } from "./contract.ts";
import { decideSwap, type ObservedInstance } from "./decide-swap.ts";
import { describeInstances, type InstanceNames, instanceNames, isRestoredBy } from "./instances.ts";
import type { RestoreRecord } from "./record.ts";

interface SwapDeps {
  readonly rds: RDSClient;
  readonly clock: { now(): Date };
  readonly settings: z.infer<typeof databaseSettings>;
}

/**
 * Gives the restored instance the live one's name, and with it its endpoint; the live one is kept under another name.
 * Between the two renames no database is available at the endpoint. Writes until then are in the kept instance.
 */
export function swapDatabases(deps: SwapDeps): Step<RestoreRecord> {
  return { name: "Swap databases", act: (work) => swap(deps, work) };
}

async function swap({ rds, clock, settings }: SwapDeps, work: Work<RestoreRecord>): Promise<Outcome<RestoreRecord>> {
  const { record } = work;
  const names = instanceNames(settings.DB_INSTANCE_IDENTIFIER, record);
  const decide = async () => decideSwap(await observeInstances(rds, names, record));
  const next = await decide();
  // While RDS has not yet begun to rename, the next action is still the same.
  const awaitChange = (reason: string): Outcome<RestoreRecord> => {
    const until = async () => !["wait", next.kind].includes((await decide()).kind);
    return { kind: "blocked", reason, waitKey: instanceWaitKey, until };
  };
  switch (next.kind) {
    case "done": {
      const swappedAt = record.swappedAt ?? clock.now().toISOString();
      return { kind: "done", facts: { swappedAt, keptInstance: names.before } };
    }
    case "put-aside":
      return awaitChange(await rename(rds, work, { from: names.live, to: names.before }));
    case "put-in-place":
      return awaitChange(await rename(rds, work, { from: names.restored, to: names.live }));
    case "wait":
      return awaitChange(`The database swap waits: ${next.reason}`);
    case "refuse":
      throw refused(names, next.reason);
    default:
      return assertNever(next);
  }
}

async function rename(
  rds: RDSClient,
  work: Work<RestoreRecord>,
  { from, to }: { from: string; to: string },
): Promise<string> {
  await work.holdLock();
  try {
    await rds.send(
      new ModifyDBInstanceCommand({ DBInstanceIdentifier: from, NewDBInstanceIdentifier: to, ApplyImmediately: true }),
    );
  } catch (error) {
    // The name is not free yet, or the instance is being modified: the next run checks again.
    if (!hasName(error, "DBInstanceAlreadyExistsFault", "InvalidDBInstanceStateFault", "DBInstanceNotFoundFault"))
      throw error;
  }
  return `Database instance ${from} is being renamed to ${to}`;
}

async function observeInstances(rds: RDSClient, names: InstanceNames, record: RestoreRecord) {
  const { live, restored, before } = await describeInstances(rds, names);
  return {
    live: observed(live, record),
    restored: observed(restored, record),
    before: observed(before, record),
  };
}

function observed(instance: DBInstance | undefined, record: RestoreRecord): ObservedInstance | undefined {
  return instance && { status: instance.DBInstanceStatus ?? "unknown", ours: isRestoredBy(instance, record) };
}

function refused({ live, restored, before }: InstanceNames, reason: string): RestoreFailed {
  return new RestoreFailed(
    [
      `The databases cannot be swapped: ${reason}. Nothing was renamed by this attempt. The app uses ${live}.`,
      `Fix: check the instances ${live}, ${restored} and ${before} in RDS and correct their names. Then run: lockstep redrive`,
    ].join("\n"),
  );
}
