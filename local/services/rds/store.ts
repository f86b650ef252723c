import { records, type Cloud } from "#local/cloud/index.ts";
import type { Master } from "./postgres/master.ts";

/** `failed`: it could not be created, or its server does not start. */
export type InstanceStatus =
  | "available"
  | "backing-up"
  | "creating"
  | "deleting"
  | "failed"
  | "rebooting"
  | "renaming"
  | "resetting-master-credentials"
  | "starting"
  | "stopped"
  | "stopping";

type SnapshotStatus = "creating" | "available" | "failed";

/** Stored and described again; locally they change nothing but the parameter group. */
export interface InstanceSettings {
  DBInstanceClass: string;
  AllocatedStorage: number;
  StorageType: string;
  StorageEncrypted: boolean;
  MultiAZ: boolean;
  PubliclyAccessible: boolean;
  BackupRetentionPeriod: number;
  CopyTagsToSnapshot: boolean;
  AutoMinorVersionUpgrade: boolean;
  DeletionProtection: boolean;
  DBSubnetGroupName?: string | undefined;
  DBParameterGroupName?: string | undefined;
  VpcSecurityGroupIds: string[];
}

export interface Instance {
  /** `DbiResourceId`: the same for life, also under another name. */
  resourceId: string;
  identifier: string;
  status: InstanceStatus;
  /** Folder of the snapshot that it is restored from. */
  snapshotFolder?: string;
  /** The new identifier, while `renaming`. */
  newIdentifier?: string | undefined;
  /** The snapshot to take first, while `deleting`. */
  finalSnapshot?: string | undefined;
  /** New identifier of a modification without ApplyImmediately, which waits for the maintenance window. */
  pendingIdentifier?: string | undefined;
  master: Master;
  databaseName?: string | undefined;
  settings: InstanceSettings;
  tags: Record<string, string>;
  createdAt: number;
  /** When it became available for the first time. */
  builtAt?: number;
}

export interface Snapshot {
  identifier: string;
  folder: string;
  status: SnapshotStatus;
  instanceIdentifier: string;
  resourceId: string;
  instanceCreatedAt: number;
  port: number;
  master: Master;
  databaseName?: string | undefined;
  settings: InstanceSettings;
  tags: Record<string, string>;
  createdAt: number;
}

export type GroupKind = "DBSubnetGroup" | "DBParameterGroup";

interface Group {
  kind: GroupKind;
  name: string;
  parameters: Record<string, string>;
}

export type RdsStore = ReturnType<typeof openStore>;

export const openStore = ({ store }: Cloud) => ({
  instances: records<Instance>(store, "rds.instances", ({ resourceId }) => resourceId),
  snapshots: records<Snapshot>(store, "rds.snapshots", ({ identifier }) => identifier),
  /** Ports by DB instance identifier. They stay when an instance goes: as on AWS, the address belongs to the name. */
  ports: store.collection<number>("rds.ports"),
  groups: records<Group>(store, "rds.groups", ({ kind, name }) => `${kind}/${name}`),
  transaction: <R>(work: () => R) => store.transaction(work),
});

export const instanceNamed = ({ instances }: RdsStore, name: string) =>
  instances.find(({ identifier }) => identifier === name.toLowerCase());
