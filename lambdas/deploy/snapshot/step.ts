import {
  CreateDBSnapshotCommand,
  type DBSnapshot,
  DescribeDBSnapshotsCommand,
  type RDSClient,
} from "@aws-sdk/client-rds";
import type * as z from "zod/mini";
import { hasName, SnapshotFailed } from "../../core/errors.ts";
import type { DeploymentRecord } from "../../core/record.ts";
import type { Observation, Outcome, Step, Subject, Work } from "../../core/step.ts";
import type { environment } from "./contract.ts";

interface SnapshotPorts {
  readonly rds: RDSClient;
  readonly clock: { now(): Date };
  readonly settings: z.infer<typeof environment>;
}

/** As the default of `snapshotMinutes`. */
const defaultDeadlineSeconds = 7_200;

export const snapshotHandle = (id: string) => `snapshot:${id}`;

/** Takes a snapshot of the database before it is migrated. */
export function snapshot(ports: SnapshotPorts): Step {
  return { name: "Snapshot", observe: observeSnapshot(ports), act: (work) => createSnapshot(ports, work) };
}

export function observeSnapshot(ports: SnapshotPorts) {
  return async ({ record }: Subject): Promise<Observation> => {
    if (!record.snapshot) return { kind: "absent" };
    const { id, attempt } = record.snapshot;
    const found = await describe(ports.rds, id);
    if (!found) return { kind: "absent" };
    if (found.Status === "available") return { kind: "done" };
    // RDS has no event for a failed snapshot: the heartbeat comes here.
    if (found.Status === "creating") {
      const late = overdue(ports, record);
      return late ? { kind: "failed", attempt, error: late } : { kind: "running", handle: snapshotHandle(id) };
    }
    const error = new SnapshotFailed(
      `Snapshot ${id} of the database is ${found.Status}, expected creating or available. Nothing was migrated. Look at the snapshot in RDS; a redrive takes a new one.`,
    );
    return { kind: "failed", attempt, error };
  };
}

/** RDS has no time limit of its own for a snapshot: one that hangs would hold the deployment for ever. */
function overdue({ clock, settings }: SnapshotPorts, record: DeploymentRecord): SnapshotFailed | undefined {
  const limit = settings.SNAPSHOT_DEADLINE_SECONDS ?? defaultDeadlineSeconds;
  const startedAt = record.steps["Snapshot"]?.startedAt;
  const seconds = startedAt ? (clock.now().getTime() - Date.parse(startedAt)) / 1000 : 0;
  if (seconds < limit) return undefined;
  return new SnapshotFailed(
    `RDS had not taken a snapshot of ${settings.DB_INSTANCE_IDENTIFIER} after ${limit} seconds. Nothing was migrated. Look at the instance in RDS; a redrive goes on with the snapshot if it is there by then. Should the database be that large, raise snapshotMinutes.`,
  );
}

async function describe(rds: RDSClient, id: string): Promise<DBSnapshot | undefined> {
  try {
    const { DBSnapshots } = await rds.send(new DescribeDBSnapshotsCommand({ DBSnapshotIdentifier: id }));
    return DBSnapshots?.[0];
  } catch (error) {
    if (hasName(error, "DBSnapshotNotFoundFault")) return undefined;
    throw error;
  }
}

async function createSnapshot(ports: SnapshotPorts, work: Work): Promise<Outcome> {
  const { rds, settings } = ports;
  const { attempt, record } = work;
  const id = snapshotId(settings.DB_INSTANCE_IDENTIFIER, record.deployment, attempt);
  // Written down first: should the answer be lost, the next attempt finds the snapshot all the same.
  await work.remember({ snapshot: { id, attempt } });
  await work.holdLock();
  try {
    await rds.send(
      new CreateDBSnapshotCommand({
        DBInstanceIdentifier: settings.DB_INSTANCE_IDENTIFIER,
        DBSnapshotIdentifier: id,
        Tags: [{ Key: "lockstep:deployment", Value: record.deployment }],
      }),
    );
  } catch (error) {
    if (hasName(error, "InvalidDBInstanceStateFault")) {
      const late = overdue(ports, record);
      if (late) throw late;
      return { kind: "later", reason: `${settings.DB_INSTANCE_IDENTIFIER} cannot be snapshotted in its present state` };
    }
    if (!hasName(error, "DBSnapshotAlreadyExistsFault")) throw explain(error, settings.DB_INSTANCE_IDENTIFIER);
  }
  return { kind: "running", handle: snapshotHandle(id) };
}

/** The same for one attempt however often it runs; letters, digits and single hyphens, as RDS wants it. */
export function snapshotId(instance: string, deployment: string, attempt: number): string {
  const parts = [instance, deployment, ...(attempt > 0 ? [`r${attempt}`] : [])];
  return parts
    .join("-")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replace(/-$/, "");
}

function explain(error: unknown, instance: string): unknown {
  if (hasName(error, "SnapshotQuotaExceededFault")) {
    return new SnapshotFailed(
      `No snapshot of ${instance} could be taken: the account has as many manual snapshots as its quota allows. Nothing was migrated. Delete snapshots that are no longer needed, or raise the quota, then redrive.`,
      { cause: error },
    );
  }
  if (hasName(error, "DBInstanceNotFoundFault")) {
    return new SnapshotFailed(`There is no database instance ${instance} to snapshot. Look at the stage's stacks.`, {
      cause: error,
    });
  }
  return error;
}
