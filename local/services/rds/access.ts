import type { AccessRules } from "#local/cloud/index.ts";
import type { RdsStore } from "./store.ts";

const instance = "db:{DBInstanceIdentifier}";
const snapshot = "snapshot:{DBSnapshotIdentifier}";
const groups = ["subgrp:{DBSubnetGroupName?}", "pg:{DBParameterGroupName?}"] as const;

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrds.html */
export const createAccess = (store: RdsStore): AccessRules<"rds"> => ({
  createDBInstance: instance,
  describeDBInstances: instance,
  modifyDBInstance: instance,
  deleteDBInstance: [instance, "snapshot:{FinalDBSnapshotIdentifier?}"],
  startDBInstance: instance,
  stopDBInstance: instance,
  rebootDBInstance: instance,
  createDBSnapshot: [instance, snapshot],
  describeDBSnapshots: snapshot,
  deleteDBSnapshot: ({ DBSnapshotIdentifier: name }) => ({
    resources: [name.startsWith("arn:") ? name : `snapshot:${name}`],
    context: tagKeys(store.snapshots.get(name.split(":").at(-1) ?? name)?.tags),
  }),
  restoreDBInstanceFromDBSnapshot: [instance, snapshot, ...groups],
  describeEvents: ({ SourceType: type, SourceIdentifier: name = "*" }) => ({
    resources: [type === "db-snapshot" ? `snapshot:${name}` : `db:${name}`],
  }),
  addTagsToResource: "{ResourceName}",
  removeTagsFromResource: "{ResourceName}",
  listTagsForResource: "{ResourceName}",
});

const tagKeys = (tags: Record<string, string> = {}) =>
  Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:ResourceTag/${key}`, value]));
