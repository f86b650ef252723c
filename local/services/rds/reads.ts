import type { DeclaredInput, Inert, Operations as OperationsOf, Reads } from "#local/cloud/index.ts";

/** Settings of an instance that are stored and described again. */
export const settingNames = [
  "DBInstanceClass",
  "StorageType",
  "MultiAZ",
  "PubliclyAccessible",
  "BackupRetentionPeriod",
  "CopyTagsToSnapshot",
  "AutoMinorVersionUpgrade",
  "DeletionProtection",
  "DBSubnetGroupName",
  "DBParameterGroupName",
  "VpcSecurityGroupIds",
  "AllocatedStorage",
] as const;

export const reads = {
  createDBInstance: [
    ...settingNames,
    "DBInstanceIdentifier",
    "DBName",
    "Engine",
    "MasterUsername",
    "MasterUserPassword",
    "StorageEncrypted",
    "Tags",
  ],
  describeDBInstances: ["DBInstanceIdentifier"],
  modifyDBInstance: [
    ...settingNames,
    "DBInstanceIdentifier",
    "NewDBInstanceIdentifier",
    "MasterUserPassword",
    "ApplyImmediately",
  ],
  deleteDBInstance: ["DBInstanceIdentifier", "SkipFinalSnapshot", "FinalDBSnapshotIdentifier"],
  startDBInstance: ["DBInstanceIdentifier"],
  stopDBInstance: ["DBInstanceIdentifier"],
  rebootDBInstance: ["DBInstanceIdentifier"],
  createDBSnapshot: ["DBInstanceIdentifier", "DBSnapshotIdentifier", "Tags"],
  describeDBSnapshots: ["DBInstanceIdentifier", "DBSnapshotIdentifier", "DbiResourceId", "SnapshotType"],
  deleteDBSnapshot: ["DBSnapshotIdentifier"],
  restoreDBInstanceFromDBSnapshot: [...settingNames, "DBInstanceIdentifier", "DBSnapshotIdentifier", "Tags"],
  describeAccountAttributes: [],
  describeEvents: ["SourceIdentifier", "SourceType", "EventCategories", "StartTime", "EndTime", "Duration"],
  addTagsToResource: ["ResourceName", "Tags"],
  removeTagsFromResource: ["ResourceName", "TagKeys"],
  listTagsForResource: ["ResourceName"],
} as const satisfies Reads<"rds">;

/** Settings without effect on one machine. The binaries are PostgreSQL 18 whatever EngineVersion says, and each instance has its own port. */
export const inertSettings = [
  "CACertificateIdentifier",
  "DatabaseInsightsMode",
  "EnableCloudwatchLogsExports",
  "EnablePerformanceInsights",
  "EngineVersion",
  "KmsKeyId",
  "MaxAllocatedStorage",
  "MonitoringInterval",
  "MonitoringRoleArn",
  "NetworkType",
  "PerformanceInsightsKMSKeyId",
  "PerformanceInsightsRetentionPeriod",
  "Port",
  "PreferredBackupWindow",
  "PreferredMaintenanceWindow",
] as const;

const noFilters = { Filters: [[]] };
const noManagedAccess = { EnableIAMDatabaseAuthentication: [false], ManageMasterUserPassword: [false] };

export const inert = {
  createDBInstance: [...inertSettings, noManagedAccess],
  describeDBInstances: [noFilters],
  modifyDBInstance: [noManagedAccess],
  describeDBSnapshots: [noFilters, { IncludeShared: [false], IncludePublic: [false] }],
  restoreDBInstanceFromDBSnapshot: [
    "CACertificateIdentifier",
    "EnableCloudwatchLogsExports",
    "Iops",
    "OptionGroupName",
    "StorageThroughput",
    noManagedAccess,
  ],
  describeEvents: [noFilters],
} as const satisfies Inert<"rds">;

export type Operations = OperationsOf<"rds", typeof reads>;
export type Input<N extends keyof typeof reads> = DeclaredInput<"rds", typeof reads, N>;
