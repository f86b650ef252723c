import { type DBInstance, ModifyDBInstanceCommand, type RDSClient } from "@aws-sdk/client-rds";
import type * as z from "zod/mini";
import type { environment } from "../snapshot/contract.ts";
import { assertNever, hasName, RestoreFailed, StillWaiting } from "../../core/errors.ts";
import { describeInstances, type InstanceNames, instanceNames, isRestoredBy } from "../instances.ts";
import type { RestoreRecord } from "../record.ts";
import type { RestoreStep, RestoreWork } from "../restore.ts";
import { decideSwap } from "./decide-swap.ts";

interface SwapPorts {
  readonly rds: RDSClient;
  readonly clock: { now(): Date };
  readonly settings: z.infer<typeof environment>;
}

/**
 * Gives the restored instance the live one's name, and with it its address; the live one is kept under another name.
 * Between the two renames nobody answers at that address. What was written until then is in the instance that is kept.
 */
export function restoreSwap(ports: SwapPorts): RestoreStep {
  return { name: "Swap databases", run: (work) => swap(ports, work) };
}

async function swap({ rds, clock, settings }: SwapPorts, work: RestoreWork) {
  const names = instanceNames(settings.DB_INSTANCE_IDENTIFIER, work.record);
  const found = await describeInstances(rds, names);
  const next = decideSwap({
    live: seen(found.live, work.record),
    restored: seen(found.restored, work.record),
    before: seen(found.before, work.record),
  });
  switch (next.kind) {
    case "done":
      return { facts: { swappedAt: work.record.swappedAt ?? clock.now().toISOString(), keptInstance: names.before } };
    case "put-aside":
      return rename(rds, work, { from: names.live, to: names.before });
    case "put-in-place":
      return rename(rds, work, { from: names.restored, to: names.live });
    case "wait":
      throw new StillWaiting(`The swap goes on when it can: ${next.reason}`);
    case "refuse":
      throw refused(names, next.reason);
    default:
      return assertNever(next);
  }
}

async function rename(rds: RDSClient, work: RestoreWork, { from, to }: { from: string; to: string }): Promise<never> {
  await work.holdLock();
  try {
    await rds.send(
      new ModifyDBInstanceCommand({ DBInstanceIdentifier: from, NewDBInstanceIdentifier: to, ApplyImmediately: true }),
    );
  } catch (error) {
    // The name is not free yet, or the instance has just begun something else: it is looked at again.
    if (!hasName(error, "DBInstanceAlreadyExistsFault", "InvalidDBInstanceStateFault", "DBInstanceNotFoundFault"))
      throw error;
  }
  throw new StillWaiting(`${from} is being renamed to ${to}`);
}

function seen(instance: DBInstance | undefined, record: RestoreRecord) {
  return instance && { status: instance.DBInstanceStatus ?? "unknown", ours: isRestoredBy(instance, record) };
}

function refused({ live, restored, before }: InstanceNames, reason: string): RestoreFailed {
  return new RestoreFailed(
    `The databases cannot be swapped: ${reason}. Nothing was renamed by this attempt. Look at ${live}, ${restored} and ${before} in RDS; ${live} is what the app uses. When the names are as they should be, redrive this execution.`,
  );
}
