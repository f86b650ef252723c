import type { RestoreDBInstanceFromDBSnapshotCommandInput } from "@aws-sdk/client-rds";
import type { Clients, Operations } from "#local/cloud/index.ts";
import { describeInstance, describeSnapshot, tagList, tagRecord } from "../describe.ts";
import { tell, toldEvents } from "../events.ts";
import {
  findInstance,
  findSnapshot,
  parseIdentifier,
  refuse,
  requireFree,
  requireGroups,
  requireStatus,
} from "../input.ts";
import { fault, invalidCombination, invalidValue } from "../faults.ts";
import type { Instance, RdsStore, Snapshot } from "../store.ts";
import { enterStatus, newResourceId, settingsOf, type Context } from "./context.ts";

/** An account's default quotas of a region: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html */
const quotas = { instances: 40, manualSnapshots: 100 } as const;
const defaultMinutes = 60;

export function snapshotOperations(context: Context) {
  const { cloud, store, engine } = context;
  const describe = (snapshot: Snapshot) => describeSnapshot(cloud, snapshot, engine.percentProgress(snapshot));
  return {
    createDBSnapshot(input) {
      const instance = findInstance(store, input.DBInstanceIdentifier);
      const wanted = { identifier: input.DBSnapshotIdentifier, tags: tagRecord(input.Tags) };
      const snapshot = store.transaction(() => {
        const made = newSnapshot(context, instance, wanted);
        store.instances.save({ ...instance, status: "backing-up" });
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
      const found = (name === undefined ? store.snapshots.list() : [findSnapshot(store, name)])
        .filter((snapshot) => of === undefined || snapshot.instanceIdentifier === of.toLowerCase())
        .filter((snapshot) => resource === undefined || snapshot.resourceId === resource)
        .filter(() => type === undefined || type === "manual");
      return { DBSnapshots: found.map(describe) };
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
  } satisfies Operations<Clients["rds"]>;
}

/** A new snapshot in the store: it is being created from here on. */
export function newSnapshot(
  { cloud, store }: Context,
  instance: Instance,
  wanted: { identifier: string; tags: Record<string, string> },
): Snapshot {
  const identifier = parseIdentifier(wanted.identifier, "snapshot");
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
    tags: { ...(settings.CopyTagsToSnapshot ? instance.tags : {}), ...wanted.tags },
    createdAt: cloud.clock.now(),
  };
  store.snapshots.save(snapshot);
  tell(cloud, "RDS-EVENT-0040", identifier);
  return snapshot;
}

function requireUnused({ store }: Context, snapshot: Snapshot): void {
  const { identifier, folder, status } = snapshot;
  const invalid = (why: string) =>
    fault("InvalidDBSnapshotStateFault", `Cannot delete the snapshot ${identifier}: ${why}.`);
  if (status === "creating") throw invalid("it is being created");
  if (store.instances.list().some((instance) => instance.status === "creating" && instance.snapshotFolder === folder))
    throw invalid("a DB instance is being restored from it");
}

function restoreInstance(context: Context, input: RestoreDBInstanceFromDBSnapshotCommandInput): Instance {
  const { cloud, store } = context;
  refuse(input, ["EnableIAMDatabaseAuthentication", "DBClusterSnapshotIdentifier", "ManageMasterUserPassword"]);
  const identifier = parseIdentifier(input.DBInstanceIdentifier ?? "", "instance");
  if (input.DBSnapshotIdentifier === undefined) throw invalidValue("DBSnapshotIdentifier must be given.");
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
    tell(cloud, "RDS-EVENT-0043", snapshot.identifier);
    return enterStatus(context, {
      resourceId: newResourceId(cloud),
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

export function accountOperations({ cloud, store }: Context) {
  return {
    describeAccountAttributes: () => ({
      AccountQuotas: [
        { AccountQuotaName: "DBInstances", Used: store.instances.keys().length, Max: quotas.instances },
        { AccountQuotaName: "ManualSnapshots", Used: store.snapshots.keys().length, Max: quotas.manualSnapshots },
      ],
    }),
    describeEvents(input) {
      refuse(input, ["Filters"]);
      const { SourceIdentifier: identifier, SourceType: type, EventCategories: categories = [] } = input;
      if (identifier !== undefined && type === undefined)
        throw invalidCombination("SourceType must be given with SourceIdentifier.");
      const until = input.EndTime?.getTime() ?? cloud.clock.now();
      const since = input.StartTime?.getTime() ?? until - (input.Duration ?? defaultMinutes) * 60_000;
      const found = toldEvents(cloud)
        .filter(({ at }) => at >= since && at <= until)
        .filter(({ event }) => type === undefined || event.SourceType === type)
        .filter(({ event }) => identifier === undefined || event.SourceIdentifier === identifier.toLowerCase())
        .filter(
          ({ event }) => categories.length === 0 || event.EventCategories.some((each) => categories.includes(each)),
        );
      return { Events: found.map(({ event, at }) => ({ ...event, Date: new Date(at) })) };
    },
    addTagsToResource: ({ ResourceName, Tags }) =>
      retag(store, ResourceName, (tags) => ({ ...tags, ...tagRecord(Tags) })),
    removeTagsFromResource: ({ ResourceName, TagKeys }) =>
      retag(store, ResourceName, (tags) =>
        Object.fromEntries(Object.entries(tags).filter(([key]) => !TagKeys.includes(key))),
      ),
    listTagsForResource: ({ ResourceName }) => ({ TagList: tagList(taggedBy(store, ResourceName).tags) }),
  } satisfies Operations<Clients["rds"]>;
}

type Tags = Record<string, string>;

function taggedBy(store: RdsStore, arn: string): Instance | Snapshot {
  const [kind] = arn.split(":").slice(-2);
  if (kind === "db") return findInstance(store, arn);
  if (kind === "snapshot") return findSnapshot(store, arn);
  throw invalidValue(`"${arn}" is not the ARN of a DB instance or DB snapshot: arn:aws:rds:…:db:… or …:snapshot:….`);
}

function retag(store: RdsStore, arn: string, change: (tags: Tags) => Tags) {
  const tagged = taggedBy(store, arn);
  const changed = { ...tagged, tags: change(tagged.tags) };
  if ("folder" in changed) store.snapshots.save(changed);
  else store.instances.save(changed);
  return {};
}
