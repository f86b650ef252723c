import {
  type DBInstance,
  type DBSnapshot,
  DescribeDBSnapshotsCommand,
  type RDSClient,
  RestoreDBInstanceFromDBSnapshotCommand,
  type RestoreDBInstanceFromDBSnapshotCommandInput,
} from "@aws-sdk/client-rds";
import type * as z from "zod/mini";
import { hasName, RestoreFailed, StillWaiting } from "../../core/errors.ts";
import { describeInstances, instanceNames, isRestoredBy, requireAvailable, restoreTag } from "../instances.ts";
import type { RestoreStep, RestoreWork } from "../restore.ts";
import type { environment } from "./contract.ts";

interface RestorePorts {
  readonly rds: RDSClient;
  readonly settings: z.infer<typeof environment>;
}

/** Makes an instance from the snapshot beside the live one, set up like it. */
export function restoreSnapshot(ports: RestorePorts): RestoreStep {
  return { name: "Restore snapshot", run: (work) => restore(ports, work) };
}

async function restore({ rds, settings }: RestorePorts, work: RestoreWork) {
  const { record } = work;
  const names = instanceNames(settings.DB_INSTANCE_IDENTIFIER, record);
  const { live, restored } = await describeInstances(rds, names);
  if (isRestoredBy(live, record)) return {};
  if (restored) {
    if (!isRestoredBy(restored, record)) throw notOurs(names.restored);
    requireAvailable(restored, names.restored);
    return {};
  }
  if (!live) throw noLiveInstance(names.live);
  const snapshot = await usableSnapshot(rds, record.snapshot, names.live);
  await work.holdLock();
  await make(rds, likeLive(live, { snapshot, name: names.restored, restore: record.restore }));
  throw new StillWaiting(`Database instance ${names.restored} is being made from snapshot ${record.snapshot}`);
}

async function make(rds: RDSClient, input: RestoreDBInstanceFromDBSnapshotCommandInput): Promise<void> {
  try {
    await rds.send(new RestoreDBInstanceFromDBSnapshotCommand(input));
  } catch (error) {
    // The answer of an earlier call was lost: the next look tells whose it is.
    if (hasName(error, "DBInstanceAlreadyExistsFault")) return;
    if (
      !hasName(error, "InstanceQuotaExceededFault", "StorageQuotaExceededFault", "InsufficientDBInstanceCapacityFault")
    )
      throw error;
    const detail = error instanceof Error ? error.message : "";
    throw new RestoreFailed(
      `RDS does not make ${input.DBInstanceIdentifier}: ${detail}. Nothing was changed. Delete instances that are no longer needed (those an earlier restore kept, perhaps) or raise the quota, then redrive this execution.`,
      { cause: error },
    );
  }
}

async function usableSnapshot(rds: RDSClient, id: string, live: string): Promise<string> {
  const snapshot = await describeSnapshot(rds, id);
  if (!snapshot)
    throw new RestoreFailed(
      `There is no snapshot ${id}. Nothing was changed. \`lockstep restore\` lists those of the stage.`,
    );
  const { Status, DBInstanceIdentifier, Engine } = snapshot;
  if (Status === "creating") throw new StillWaiting(`Snapshot ${id} is being created`);
  if (Status !== "available")
    throw new RestoreFailed(
      `Snapshot ${id} is ${Status}, expected available. Nothing was changed. Choose another one.`,
    );
  if (DBInstanceIdentifier !== live || Engine !== "postgres")
    throw new RestoreFailed(
      `Snapshot ${id} is of the ${Engine} instance ${DBInstanceIdentifier}, not of ${live}, the database of this stage. Nothing was changed.`,
    );
  return id;
}

async function describeSnapshot(rds: RDSClient, id: string): Promise<DBSnapshot | undefined> {
  try {
    const { DBSnapshots } = await rds.send(new DescribeDBSnapshotsCommand({ DBSnapshotIdentifier: id }));
    return DBSnapshots?.[0];
  } catch (error) {
    if (hasName(error, "DBSnapshotNotFoundFault")) return undefined;
    throw error;
  }
}

/** What is not passed is not the live instance's but RDS's default: network, parameters, size and safety are passed. */
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
    // However the live one is set: what people restored by hand is not to vanish by a slip.
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
    `There is an instance ${name} that this restore did not make. Nothing was changed. Rename or delete it, then redrive this execution.`,
  );
}

function noLiveInstance(name: string): RestoreFailed {
  return new RestoreFailed(
    `There is no database instance ${name} to replace, so there is nothing to take the settings from. Nothing was changed. Look in RDS what has become of it.`,
  );
}
