import type { Cloud } from "#local/cloud/index.ts";
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
  DBSubnetGroupName?: string;
  DBParameterGroupName?: string;
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
  newIdentifier?: string;
  /** The snapshot to take first, while `deleting`. */
  finalSnapshot?: string;
  /** A rename that was asked for without ApplyImmediately waits for the maintenance window. */
  pendingIdentifier?: string;
  master: Master;
  databaseName?: string;
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
  databaseName?: string;
  settings: InstanceSettings;
  tags: Record<string, string>;
  createdAt: number;
}

export type GroupKind = "DBSubnetGroup" | "DBParameterGroup";

interface Group {
  name: string;
  parameters: Record<string, string>;
}

export interface RdsStore {
  instances(): Instance[];
  instance(resourceId: string): Instance | undefined;
  instanceNamed(identifier: string): Instance | undefined;
  saveInstance(instance: Instance): void;
  removeInstance(resourceId: string): void;
  snapshots(): Snapshot[];
  snapshot(identifier: string): Snapshot | undefined;
  saveSnapshot(snapshot: Snapshot): void;
  removeSnapshot(identifier: string): void;
  /** Ports by DB instance identifier. They stay when an instance goes: a name has its address for ever, as on AWS. */
  port(identifier: string): number | undefined;
  ports(): number[];
  savePort(identifier: string, port: number): void;
  group(kind: GroupKind, name: string): Group | undefined;
  saveGroup(kind: GroupKind, group: Group): void;
  removeGroup(kind: GroupKind, name: string): void;
  transaction<R>(work: () => R): R;
}

export function createStore({ store }: Cloud): RdsStore {
  const instances = store.collection<Instance>("rds.instances");
  const snapshots = store.collection<Snapshot>("rds.snapshots");
  const ports = store.collection<number>("rds.ports");
  const groups = store.collection<Group>("rds.groups");
  return {
    instances: () => instances.list(),
    instance: (resourceId) => instances.get(resourceId),
    instanceNamed: (identifier) =>
      instances.list().find((instance) => instance.identifier === identifier.toLowerCase()),
    saveInstance: (instance) => instances.put(instance.resourceId, instance),
    removeInstance: (resourceId) => instances.delete(resourceId),
    snapshots: () => snapshots.list(),
    snapshot: (identifier) => snapshots.get(identifier.toLowerCase()),
    saveSnapshot: (snapshot) => snapshots.put(snapshot.identifier, snapshot),
    removeSnapshot: (identifier) => snapshots.delete(identifier),
    port: (identifier) => ports.get(identifier),
    ports: () => ports.list(),
    savePort: (identifier, port) => ports.put(identifier, port),
    group: (kind, name) => groups.get(`${kind}/${name}`),
    saveGroup: (kind, group) => groups.put(`${kind}/${group.name}`, group),
    removeGroup: (kind, name) => groups.delete(`${kind}/${name}`),
    transaction: (work) => store.transaction(work),
  };
}
