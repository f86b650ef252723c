import {
  DBSnapshotAlreadyExistsFault,
  InvalidDBSnapshotStateFault,
  SnapshotQuotaExceededFault,
  type RestoreDBInstanceFromDBSnapshotCommandInput,
} from "@aws-sdk/client-rds";
import type { Clients, Operations } from "#local/cloud/index.ts";
import { describeInstance, describeSnapshot, tagRecord } from "../describe.ts";
import { tell } from "../events.ts";
import {
  findInstance,
  findSnapshot,
  parseIdentifier,
  refuse,
  requireFree,
  requireGroups,
  requireStatus,
} from "../input.ts";
import { invalidValue } from "../errors.ts";
import { page } from "../page.ts";
import { quotas } from "../quotas.ts";
import type { Instance, Snapshot } from "../store.ts";
import { enterStatus, newResourceId, settingsOf, type Context } from "./context.ts";

type SnapshotOperations = Pick<
  Operations<Clients["rds"]>,
  "createDBSnapshot" | "describeDBSnapshots" | "deleteDBSnapshot" | "restoreDBInstanceFromDBSnapshot"
>;

export function snapshotOperations(context: Context): SnapshotOperations {
  const { cloud, store, engine } = context;
  const describe = (snapshot: Snapshot) => describeSnapshot(cloud, snapshot, engine.percentProgress(snapshot));
  return {
    createDBSnapshot(input) {
      const instance = findInstance(store, input.DBInstanceIdentifier);
      const wanted = { identifier: input.DBSnapshotIdentifier, tags: tagRecord(input.Tags) };
      const snapshot = store.transaction(() => {
        const made = newSnapshot(context, instance, wanted);
        store.saveInstance({ ...instance, status: "backing-up" });
        tell(cloud, "RDS-EVENT-0001", instance.identifier);
        return made;
      });
      engine.backUp(snapshot, instance);
      return { DBSnapshot: describe(snapshot) };
    },
    describeDBSnapshots(input) {
      refuse(input, ["Filters", "IncludeShared", "IncludePublic"]);
      const {
        DBSnapshotIdentifier: name,
        DBInstanceIdentifier: of,
        SnapshotType: type,
        DbiResourceId: resource,
      } = input;
      const found = (name === undefined ? store.snapshots() : [findSnapshot(store, name)])
        .filter((snapshot) => of === undefined || snapshot.instanceIdentifier === of.toLowerCase())
        .filter((snapshot) => resource === undefined || snapshot.resourceId === resource)
        .filter(() => type === undefined || type === "manual");
      const { items, next } = page(input, found, ({ identifier }) => identifier);
      return { DBSnapshots: items.map(describe), ...next };
    },
    async deleteDBSnapshot(input) {
      const snapshot = findSnapshot(store, input.DBSnapshotIdentifier);
      requireUnused(context, snapshot);
      await engine.removeSnapshot(snapshot);
      return { DBSnapshot: { ...describe(snapshot), Status: "deleted" } };
    },
    restoreDBInstanceFromDBSnapshot: (input) => ({
      DBInstance: describeInstance(cloud, store, restoreInstance(context, input)),
    }),
  };
}

/** A new snapshot in the store: it is being created from here on. */
export function newSnapshot(
  { cloud, store }: Context,
  instance: Instance,
  wanted: { identifier: string; tags: Record<string, string> },
): Snapshot {
  const identifier = parseIdentifier(wanted.identifier, "snapshot");
  if (store.snapshot(identifier)) {
    const message = `Cannot create the snapshot because a snapshot with the identifier ${identifier} already exists.`;
    throw new DBSnapshotAlreadyExistsFault({ message, $metadata: {} });
  }
  requireStatus(instance, "available");
  if (store.snapshots().length >= quotas.manualSnapshots)
    throw new SnapshotQuotaExceededFault({
      message: `Cannot create more than ${quotas.manualSnapshots} manual snapshots`,
      $metadata: {},
    });
  const { settings, master, databaseName } = instance;
  const snapshot: Snapshot = {
    identifier,
    folder: `snap-${cloud.ids.word(16)}`,
    status: "creating",
    instanceIdentifier: instance.identifier,
    resourceId: instance.resourceId,
    instanceCreatedAt: instance.createdAt,
    port: store.port(instance.identifier) ?? 0,
    master,
    ...(databaseName === undefined ? {} : { databaseName }),
    settings,
    tags: { ...(settings.CopyTagsToSnapshot ? instance.tags : {}), ...wanted.tags },
    createdAt: cloud.clock.now(),
  };
  store.saveSnapshot(snapshot);
  tell(cloud, "RDS-EVENT-0040", identifier);
  return snapshot;
}

function requireUnused({ store }: Context, snapshot: Snapshot): void {
  const { identifier, folder, status } = snapshot;
  const invalid = (why: string) =>
    new InvalidDBSnapshotStateFault({ message: `Cannot delete the snapshot ${identifier}: ${why}.`, $metadata: {} });
  if (status === "creating") throw invalid("it is being created");
  if (store.instances().some((instance) => instance.status === "creating" && instance.snapshotFolder === folder))
    throw invalid("a DB instance is being restored from it");
}

function restoreInstance(context: Context, input: RestoreDBInstanceFromDBSnapshotCommandInput): Instance {
  const { cloud, store } = context;
  refuse(input, ["EnableIAMDatabaseAuthentication", "DBClusterSnapshotIdentifier", "ManageMasterUserPassword"]);
  const identifier = parseIdentifier(input.DBInstanceIdentifier ?? "", "instance");
  if (input.DBSnapshotIdentifier === undefined) throw invalidValue("DBSnapshotIdentifier must be given.");
  const snapshot = findSnapshot(store, input.DBSnapshotIdentifier);
  requireFree(store, identifier);
  if (snapshot.status !== "available") {
    const message = `The snapshot ${snapshot.identifier} is not available: it is ${snapshot.status}.`;
    throw new InvalidDBSnapshotStateFault({ message, $metadata: {} });
  }
  // as AWS: what is not passed is not the source's but RDS's default, except what the snapshot itself holds.
  const { AllocatedStorage, StorageType, StorageEncrypted, DBInstanceClass } = snapshot.settings;
  const settings = settingsOf(input, settingsOf({ AllocatedStorage, StorageType, StorageEncrypted, DBInstanceClass }));
  requireGroups(store, settings);
  const { master, databaseName } = snapshot;
  return store.transaction(() => {
    tell(cloud, "RDS-EVENT-0043", snapshot.identifier);
    return enterStatus(context, {
      resourceId: newResourceId(cloud),
      identifier,
      status: "creating",
      snapshotFolder: snapshot.folder,
      master,
      ...(databaseName === undefined ? {} : { databaseName }),
      settings,
      tags: tagRecord(input.Tags),
      createdAt: cloud.clock.now(),
    });
  });
}
