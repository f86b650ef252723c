import { tagRecord, type Tags } from "#local/cloud/index.ts";
import type { Deps } from "../deps.ts";
import { describeInstance, describeSnapshot } from "../describe.ts";
import { emit } from "../events.ts";
import { fault, invalidValue } from "../faults.ts";
import { findInstance, findSnapshot, parseIdentifier, requireFree, requireGroups, requireStatus } from "../input.ts";
import type { Input, Operations } from "../reads.ts";
import { settingsOf } from "../settings.ts";
import type { Instance, Snapshot } from "../store.ts";
import { quotas } from "./account.ts";

export function snapshotOperations(deps: Deps) {
  const { cloud, store, engine } = deps;
  const describe = (snapshot: Snapshot) => describeSnapshot(cloud, snapshot, engine.percentProgress(snapshot));
  return {
    createDBSnapshot(input) {
      const instance = findInstance(store, input.DBInstanceIdentifier);
      const request = { identifier: input.DBSnapshotIdentifier, tags: tagRecord(input.Tags) };
      const snapshot = store.transaction(() => {
        const created = newSnapshot(deps, instance, request);
        engine.begin({ ...instance, status: "backing-up" });
        emit(cloud, "RDS-EVENT-0001", instance.identifier);
        return created;
      });
      return { DBSnapshot: describe(snapshot) };
    },
    describeDBSnapshots(input) {
      const {
        DBSnapshotIdentifier: name,
        DBInstanceIdentifier: of,
        SnapshotType: type,
        DbiResourceId: resource,
      } = input;
      const snapshots = (name === undefined ? store.snapshots.list() : [findSnapshot(store, name)])
        .filter((snapshot) => of === undefined || snapshot.instanceIdentifier === of.toLowerCase())
        .filter((snapshot) => resource === undefined || snapshot.resourceId === resource)
        .filter(() => type === undefined || type === "manual");
      return { DBSnapshots: snapshots.map(describe) };
    },
    async deleteDBSnapshot(input) {
      const snapshot = findSnapshot(store, input.DBSnapshotIdentifier);
      requireUnused(deps, snapshot);
      await engine.removeSnapshot(snapshot);
      return { DBSnapshot: { ...describe(snapshot), Status: "deleted" } };
    },
    restoreDBInstanceFromDBSnapshot: (input) => ({
      DBInstance: describeInstance(cloud, store, restoreInstance(deps, input)),
    }),
  } satisfies Partial<Operations>;
}

/** A new snapshot in the store: it is being created from here on. */
export function newSnapshot(
  { cloud, store }: Deps,
  instance: Instance,
  request: { identifier: string; tags: Tags },
): Snapshot {
  const identifier = parseIdentifier(request.identifier, "snapshot");
  if (store.snapshots.get(identifier))
    throw fault(
      "DBSnapshotAlreadyExistsFault",
      `Cannot create the snapshot because a snapshot with the identifier ${identifier} already exists.`,
    );
  requireStatus(instance, "available");
  if (store.snapshots.list().length >= quotas.manualSnapshots)
    throw fault("SnapshotQuotaExceededFault", `Cannot create more than ${quotas.manualSnapshots} manual snapshots`);
  const { settings, master, databaseName } = instance;
  const snapshot: Snapshot = {
    identifier,
    folder: `snap-${cloud.ids.word(16)}`,
    status: "creating",
    instanceIdentifier: instance.identifier,
    resourceId: instance.resourceId,
    instanceCreatedAt: instance.createdAt,
    port: store.ports.get(instance.identifier) ?? 0,
    master,
    databaseName,
    settings,
    tags: { ...(settings.CopyTagsToSnapshot ? instance.tags : {}), ...request.tags },
    createdAt: cloud.clock.now(),
  };
  store.snapshots.save(snapshot);
  emit(cloud, "RDS-EVENT-0040", identifier);
  return snapshot;
}

function requireUnused({ store }: Deps, snapshot: Snapshot): void {
  const { identifier, folder, status } = snapshot;
  const invalid = (why: string) =>
    fault("InvalidDBSnapshotStateFault", `Cannot delete the snapshot ${identifier}: ${why}.`);
  if (status === "creating") throw invalid("it is being created");
  if (store.instances.list().some((instance) => instance.status === "creating" && instance.snapshotFolder === folder))
    throw invalid("a DB instance is being restored from it");
}

function restoreInstance(deps: Deps, input: Input<"restoreDBInstanceFromDBSnapshot">): Instance {
  const { cloud, store, engine } = deps;
  const identifier = parseIdentifier(input.DBInstanceIdentifier, "instance");
  if (input.DBSnapshotIdentifier === undefined) throw invalidValue("DBSnapshotIdentifier is required.");
  const snapshot = findSnapshot(store, input.DBSnapshotIdentifier);
  requireFree(store, identifier);
  if (snapshot.status !== "available")
    throw fault(
      "InvalidDBSnapshotStateFault",
      `The snapshot ${snapshot.identifier} is not available: it is ${snapshot.status}.`,
    );
  // as AWS: what is not passed is not the source's but RDS's default, except what the snapshot itself holds.
  const { AllocatedStorage, StorageType, StorageEncrypted, DBInstanceClass } = snapshot.settings;
  const settings = settingsOf(input, settingsOf({ AllocatedStorage, StorageType, StorageEncrypted, DBInstanceClass }));
  requireGroups(store, settings);
  const { master, databaseName } = snapshot;
  return store.transaction(() => {
    emit(cloud, "RDS-EVENT-0043", snapshot.identifier);
    return engine.begin({
      resourceId: engine.newResourceId(),
      identifier,
      status: "creating",
      snapshotFolder: snapshot.folder,
      master,
      databaseName,
      settings,
      tags: tagRecord(input.Tags),
      createdAt: cloud.clock.now(),
    });
  });
}
