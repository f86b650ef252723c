import type { DBInstance, DBSnapshot } from "@aws-sdk/client-rds";
import { tagList, type Cloud } from "#local/cloud/index.ts";
import { engineVersion } from "./postgres/host.ts";
import type { Instance, RdsStore, Snapshot } from "./store.ts";

// differs from AWS: every instance is on this machine, at a port of its own; on AWS each has a host name of its own.
export const address = "127.0.0.1";
const license = "postgresql-license";
const authorityName = "rds-ca-rsa2048-g1";

export const instanceArn = (cloud: Cloud, identifier: string) => cloud.arn("rds", `db:${identifier}`);
export const snapshotArn = (cloud: Cloud, identifier: string) => cloud.arn("rds", `snapshot:${identifier}`);

export function describeInstance(cloud: Cloud, store: RdsStore, instance: Instance): DBInstance {
  const { settings, identifier } = instance;
  const { DBSubnetGroupName, DBParameterGroupName, VpcSecurityGroupIds, ...plain } = settings;
  const port = store.ports.get(identifier);
  const isBuilt = instance.builtAt !== undefined;
  return {
    ...plain,
    DBInstanceIdentifier: identifier,
    DBInstanceArn: instanceArn(cloud, identifier),
    DbiResourceId: instance.resourceId,
    DBInstanceStatus: instance.status,
    Engine: "postgres",
    EngineVersion: engineVersion,
    LicenseModel: license,
    MasterUsername: instance.master.username,
    DBName: instance.databaseName,
    // as AWS: an instance has no endpoint while it is created for the first time.
    Endpoint: isBuilt ? { Address: address, Port: port } : undefined,
    InstanceCreateTime: isBuilt ? new Date(instance.createdAt) : undefined,
    AvailabilityZone: `${cloud.region}a`,
    CACertificateIdentifier: authorityName,
    PendingModifiedValues: { DBInstanceIdentifier: instance.pendingIdentifier },
    IAMDatabaseAuthenticationEnabled: false,
    PerformanceInsightsEnabled: false,
    VpcSecurityGroups: VpcSecurityGroupIds.map((id) => ({ VpcSecurityGroupId: id, Status: "active" })),
    DBParameterGroups: [
      { DBParameterGroupName: DBParameterGroupName ?? "default.postgres18", ParameterApplyStatus: "in-sync" },
    ],
    DBSubnetGroup: DBSubnetGroupName === undefined ? undefined : { DBSubnetGroupName },
    TagList: tagList(instance.tags),
  };
}

export function describeSnapshot(cloud: Cloud, snapshot: Snapshot, percentProgress: number): DBSnapshot {
  const { settings } = snapshot;
  return {
    DBSnapshotIdentifier: snapshot.identifier,
    DBSnapshotArn: snapshotArn(cloud, snapshot.identifier),
    DBInstanceIdentifier: snapshot.instanceIdentifier,
    DbiResourceId: snapshot.resourceId,
    SnapshotType: "manual",
    SnapshotTarget: "region",
    Status: snapshot.status,
    PercentProgress: percentProgress,
    // as AWS: the time is set when the snapshot is available.
    SnapshotCreateTime: snapshot.status === "available" ? new Date(snapshot.createdAt) : undefined,
    OriginalSnapshotCreateTime: new Date(snapshot.createdAt),
    InstanceCreateTime: new Date(snapshot.instanceCreatedAt),
    Engine: "postgres",
    EngineVersion: engineVersion,
    LicenseModel: license,
    MasterUsername: snapshot.master.username,
    Port: snapshot.port,
    AllocatedStorage: settings.AllocatedStorage,
    StorageType: settings.StorageType,
    Encrypted: settings.StorageEncrypted,
    AvailabilityZone: `${cloud.region}a`,
    IAMDatabaseAuthenticationEnabled: false,
    TagList: tagList(snapshot.tags),
  };
}
