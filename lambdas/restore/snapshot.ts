import {
  type DBInstance,
  type RDSClient,
  RestoreDBInstanceFromDBSnapshotCommand,
  type RestoreDBInstanceFromDBSnapshotCommandInput,
} from "@aws-sdk/client-rds";
import type * as z from "zod/mini";
import { hasName, RestoreFailed } from "../core/errors.ts";
import type { Outcome, Step, Work } from "../core/step.ts";
import type { databaseSettings } from "./contract.ts";
import { findSnapshot } from "./find-snapshot.ts";
import { awaitAvailable, becoming, describeInstances, instanceNames, isRestoredBy, restoreTag } from "./instances.ts";
import type { RestoreRecord } from "./record.ts";

interface SnapshotDeps {
  readonly rds: RDSClient;
  readonly settings: z.infer<typeof databaseSettings>;
}

/** Creates an instance from the snapshot, with the settings of the live one. */
export function restoreSnapshot(deps: SnapshotDeps): Step<RestoreRecord> {
  return { name: "Restore snapshot", act: (work) => restore(deps, work) };
}

async function restore({ rds, settings }: SnapshotDeps, work: Work<RestoreRecord>): Promise<Outcome<RestoreRecord>> {
  const { record } = work;
  const names = instanceNames(settings.DB_INSTANCE_IDENTIFIER, record);
  const { live, restored } = await describeInstances(rds, names);
  if (isRestoredBy(live, record)) return { kind: "done" };
  if (restored) {
    if (!isRestoredBy(restored, record)) throw notOurs(names.restored);
    return awaitAvailable(rds, restored, names.restored) ?? { kind: "done" };
  }
  if (!live) throw noLiveInstance(names.live);
  const status = await snapshotStatus(rds, record.snapshot, names.live);
  if (status === "creating") return { kind: "later", reason: `Snapshot ${record.snapshot} is being created` };
  await work.holdLock();
  const { snapshot, restore } = record;
  await createInstance(rds, likeLive(live, { snapshot, name: names.restored, restore }));
  return becoming(
    rds,
    names.restored,
    `Database instance ${names.restored} is being created from snapshot ${record.snapshot}`,
  );
}

async function createInstance(rds: RDSClient, input: RestoreDBInstanceFromDBSnapshotCommandInput): Promise<void> {
  try {
    await rds.send(new RestoreDBInstanceFromDBSnapshotCommand(input));
  } catch (error) {
    // The response to an earlier call was lost: the next run checks whether it is ours.
    if (hasName(error, "DBInstanceAlreadyExistsFault")) return;
    if (
      !hasName(error, "InstanceQuotaExceededFault", "StorageQuotaExceededFault", "InsufficientDBInstanceCapacityFault")
    )
      throw error;
    const detail = error instanceof Error ? error.message : "";
    throw new RestoreFailed(
      `RDS could not create instance ${input.DBInstanceIdentifier}: ${detail}. Nothing was changed.\nFix: delete instances that are no longer needed (for example those kept by earlier restores) or raise the quota. Then run: lockstep redrive`,
      { cause: error },
    );
  }
}

/** Throws if the snapshot can never be restored. */
async function snapshotStatus(rds: RDSClient, id: string, live: string): Promise<"available" | "creating"> {
  const snapshot = await findSnapshot(rds, id);
  if (!snapshot)
    throw new RestoreFailed(
      `Snapshot ${id} does not exist. Nothing was changed.\nTo list snapshots, run: lockstep restore`,
    );
  const { Status, DBInstanceIdentifier, Engine } = snapshot;
  if (Status !== "available" && Status !== "creating")
    throw new RestoreFailed(
      `Snapshot ${id} is ${Status}, expected available. Nothing was changed.\nTo choose another snapshot, run: lockstep restore`,
    );
  if (DBInstanceIdentifier !== live || Engine !== "postgres")
    throw new RestoreFailed(
      `Snapshot ${id} is of the ${Engine} instance ${DBInstanceIdentifier}, not of ${live}, the database of this stage. Nothing was changed.\nTo list snapshots, run: lockstep restore`,
    );
  return Status;
}

/** Settings that are not passed get RDS's default and not the live instance's: network, parameters, size and protection are passed. */
export function likeLive(
  live: DBInstance,
  { snapshot, name, restore }: { snapshot: string; name: string; restore: string },
): RestoreDBInstanceFromDBSnapshotCommandInput {
  const { DBSubnetGroup, DBParameterGroups, OptionGroupMemberships, VpcSecurityGroups = [] } = live;
  // RDS itself owns the tags that begin with `aws:`.
  const tags = (live.TagList ?? []).filter(({ Key = "" }) => !Key.startsWith("aws:") && Key !== restoreTag);
  return defined({
    DBInstanceIdentifier: name,
    DBSnapshotIdentifier: snapshot,
    DBInstanceClass: live.DBInstanceClass,
    DBSubnetGroupName: DBSubnetGroup?.DBSubnetGroupName,
    VpcSecurityGroupIds: VpcSecurityGroups.flatMap(({ VpcSecurityGroupId }) => VpcSecurityGroupId ?? []),
    DBParameterGroupName: DBParameterGroups?.[0]?.DBParameterGroupName,
    OptionGroupName: OptionGroupMemberships?.[0]?.OptionGroupName,
    MultiAZ: live.MultiAZ,
    PubliclyAccessible: live.PubliclyAccessible,
    StorageType: live.StorageType,
    Iops: live.Iops,
    StorageThroughput: live.StorageThroughput,
    CACertificateIdentifier: live.CACertificateIdentifier,
    EnableCloudwatchLogsExports: live.EnabledCloudwatchLogsExports,
    AutoMinorVersionUpgrade: live.AutoMinorVersionUpgrade,
    CopyTagsToSnapshot: live.CopyTagsToSnapshot,
    BackupRetentionPeriod: live.BackupRetentionPeriod,
    // Also if the live one is not protected: restored data must not be deleted by mistake.
    DeletionProtection: true,
    Tags: [...tags, { Key: restoreTag, Value: restore }],
  });
}

function defined<T extends object>(input: T): T {
  for (const [name, value] of Object.entries(input)) if (value === undefined) Reflect.deleteProperty(input, name);
  return input;
}

function notOurs(name: string): RestoreFailed {
  return new RestoreFailed(
    `Database instance ${name} exists but was not created by this restore. Nothing was changed.\nFix: rename or delete it. Then run: lockstep redrive`,
  );
}

function noLiveInstance(name: string): RestoreFailed {
  return new RestoreFailed(
    `Database instance ${name}, whose settings the restored instance needs, does not exist. Nothing was changed.\nFix: check in RDS whether it was renamed or deleted. Then run: lockstep redrive`,
  );
}
