import { records, type Cloud } from "#local/cloud/index.ts";
import type { Master } from "./postgres/master.ts";

/** `failed`: it could not be made, or its server does not start. */
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

/** What is noted and told again; locally it changes nothing. */
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
  /** Folder of the snapshot that it is made from. */
  snapshotFolder?: string;
  /** The name to take, while `renaming`. */
  newIdentifier?: string | undefined;
  /** The snapshot to take first, while `deleting`. */
  finalSnapshot?: string | undefined;
  /** A rename that was asked for without ApplyImmediately waits for the maintenance window. */
  pendingIdentifier?: string | undefined;
  master: Master;
  databaseName?: string | undefined;
  settings: InstanceSettings;
  tags: Record<string, string>;
  createdAt: number;
  /** When it was complete for the first time. */
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

export type RdsStore = ReturnType<typeof openRdsStore>;

export const openRdsStore = ({ store }: Cloud) => ({
  instances: records<Instance>(store, "rds.instances", ({ resourceId }) => resourceId),
  snapshots: records<Snapshot>(store, "rds.snapshots", ({ identifier }) => identifier),
  /** Ports by DB instance identifier. They stay when an instance goes: a name has its address for ever, as on AWS. */
  ports: store.collection<number>("rds.ports"),
  groups: records<Group>(store, "rds.groups", ({ kind, name }) => `${kind}/${name}`),
  transaction: <R>(work: () => R) => store.transaction(work),
});

export const instanceNamed = ({ instances }: RdsStore, name: string) =>
  instances.find(({ identifier }) => identifier === name.toLowerCase());
