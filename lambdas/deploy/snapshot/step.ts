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

interface SnapshotDeps {
  readonly rds: RDSClient;
  readonly clock: { now(): Date };
  readonly settings: z.infer<typeof environment>;
}

/** As the default of `snapshotMinutes`. */
const defaultDeadlineSeconds = 7_200;
const maxRetries = 2;

export const snapshotWaitKey = (id: string) => `snapshot:${id}`;

/** Takes a snapshot of the database before it is migrated. */
export function snapshot(deps: SnapshotDeps): Step {
  return {
    name: "Snapshot",
    observe: observeSnapshot(deps),
    act: (work, { kind }) => createSnapshot(deps, work, nextSnapshot(deps, work, kind)),
  };
}

export function observeSnapshot(deps: SnapshotDeps) {
  return async ({ record }: Subject): Promise<Observation> => {
    if (!record.snapshot) return { kind: "absent" };
    const { id, attempt, retry = 0 } = record.snapshot;
    const snapshot = await describe(deps.rds, id);
    if (!snapshot) return { kind: "absent" };
    if (snapshot.Status === "available") return { kind: "done" };
    if (snapshot.Status === "creating") {
      const error = pastDeadline(deps, record);
      return error ? { kind: "failed", attempt, error } : { kind: "running", waitKey: snapshotWaitKey(id) };
    }
    // RDS sends no event when a snapshot fails: this is seen at a heartbeat.
    const reason = `Snapshot ${id} of the database is ${snapshot.Status}, expected creating or available`;
    if (retry < maxRetries) return { kind: "stuck", waitKey: snapshotWaitKey(id), reason };
    const error = new SnapshotFailed(
      `${reason}, as were the ${maxRetries} before it. Nothing was migrated.\nFix: check the events of ${deps.settings.DB_INSTANCE_IDENTIFIER} in RDS. To take a new snapshot, run: lockstep redrive`,
    );
    return { kind: "failed", attempt, error };
  };
}

/** A failed snapshot is followed by one with another name; `prune` deletes it later. */
function nextSnapshot({ settings }: SnapshotDeps, { record, attempt }: Work, observed: "absent" | "stuck") {
  const last = record.snapshot?.attempt === attempt ? record.snapshot : undefined;
  const retry = (last?.retry ?? 0) + (last && observed === "stuck" ? 1 : 0);
  return { id: snapshotId(settings.DB_INSTANCE_IDENTIFIER, record.deployment, { attempt, retry }), attempt, retry };
}

/** RDS has no time limit for a snapshot: one that hangs would block the deployment indefinitely. */
function pastDeadline({ clock, settings }: SnapshotDeps, record: DeploymentRecord): SnapshotFailed | undefined {
  const limit = settings.SNAPSHOT_DEADLINE_SECONDS ?? defaultDeadlineSeconds;
  const startedAt = record.steps["Snapshot"]?.startedAt;
  const seconds = startedAt ? (clock.now().getTime() - Date.parse(startedAt)) / 1000 : 0;
  if (seconds < limit) return undefined;
  return new SnapshotFailed(
    `RDS did not complete a snapshot of ${settings.DB_INSTANCE_IDENTIFIER} within ${limit} seconds. Nothing was migrated.\nFix: check the instance in RDS; if the database is this large, raise snapshotMinutes. Then run: lockstep redrive (it uses the snapshot if it has completed)`,
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

type Snapshot = NonNullable<DeploymentRecord["snapshot"]>;

async function createSnapshot(deps: SnapshotDeps, work: Work, snapshot: Snapshot): Promise<Outcome> {
  const { rds, settings } = deps;
  const { record } = work;
  const { id } = snapshot;
  // Recorded first: if the response is lost, the next attempt still finds the snapshot.
  await work.remember({ snapshot });
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
      const late = pastDeadline(deps, record);
      if (late) throw late;
      return { kind: "later", reason: `Database instance ${settings.DB_INSTANCE_IDENTIFIER} is not available` };
    }
    if (!hasName(error, "DBSnapshotAlreadyExistsFault")) throw explain(error, settings.DB_INSTANCE_IDENTIFIER);
  }
  return { kind: "running", waitKey: snapshotWaitKey(id) };
}

/** The same in every run of an attempt, until that snapshot has failed. RDS allows letters, digits and single hyphens. */
export function snapshotId(
  instance: string,
  deployment: string,
  { attempt, retry }: { attempt: number; retry: number },
): string {
  return [
    instance,
    "snapshot",
    deployment,
    ...(attempt > 0 ? [`r${attempt}`] : []),
    ...(retry > 0 ? [`t${retry}`] : []),
  ]
    .join("-")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replace(/-$/, "");
}

function explain(error: unknown, instance: string): unknown {
  if (hasName(error, "SnapshotQuotaExceededFault")) {
    return new SnapshotFailed(
      `No snapshot of ${instance} could be taken: the account has reached its quota of manual snapshots. Nothing was migrated.\nFix: delete snapshots that are no longer needed, or raise the quota. Then run: lockstep redrive`,
      { cause: error },
    );
  }
  if (hasName(error, "DBInstanceNotFoundFault")) {
    return new SnapshotFailed(
      `Database instance ${instance} does not exist, so no snapshot can be taken. Nothing was migrated.\nFix: check the stacks of the stage. Then run: lockstep redrive`,
      {
        cause: error,
      },
    );
  }
  return error;
}
