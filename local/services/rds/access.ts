import type { AccessRules } from "#local/cloud/index.ts";
import type { RdsStore } from "./store.ts";

const instance = "db:{DBInstanceIdentifier}";
const snapshot = "snapshot:{DBSnapshotIdentifier}";

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrds.html */
export const createAccess = (store: RdsStore): AccessRules<"rds"> => ({
  createDBInstance: instance,
  describeDBInstances: instance,
  modifyDBInstance: instance,
  deleteDBInstance: [instance, "snapshot:{FinalDBSnapshotIdentifier?}"],
  startDBInstance: instance,
  stopDBInstance: instance,
  rebootDBInstance: instance,
  createDBSnapshot: ({ DBInstanceIdentifier: db, DBSnapshotIdentifier: id, Tags }) => ({
    resources: [`db:${db}`, `snapshot:${id}`],
    also: tagging(`snapshot:${id}`, Tags),
  }),
  describeDBSnapshots: snapshot,
  deleteDBSnapshot: ({ DBSnapshotIdentifier: name }) => ({
    resources: [name.startsWith("arn:") ? name : `snapshot:${name}`],
    context: tagKeys(store.snapshots.get(name.split(":").at(-1) ?? name)?.tags),
  }),
  restoreDBInstanceFromDBSnapshot: ({ DBInstanceIdentifier: db, DBSnapshotIdentifier: id = "*", ...input }) => ({
    resources: [`db:${db}`, id.startsWith("arn:") ? id : `snapshot:${id}`, ...groupsOf(input)],
    also: tagging(`db:${db}`, input.Tags),
  }),
  describeEvents: ({ SourceType: type, SourceIdentifier: name = "*" }) => ({
    resources: [type === "db-snapshot" ? `snapshot:${name}` : `db:${name}`],
  }),
  addTagsToResource: "{ResourceName}",
  removeTagsFromResource: "{ResourceName}",
  listTagsForResource: "{ResourceName}",
});

const tagKeys = (tags: Record<string, string> = {}) =>
  Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:ResourceTag/${key}`, value]));

/** as AWS: what is created with tags also needs permission to add them. https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrds.html */
const tagging = (resource: string, tags: readonly unknown[] = []) =>
  tags.length > 0 ? [{ action: "rds:AddTagsToResource", resources: [resource] }] : [];

function groupsOf(input: {
  DBSubnetGroupName?: string | undefined;
  DBParameterGroupName?: string | undefined;
}): string[] {
  const { DBSubnetGroupName: subnets, DBParameterGroupName: parameters } = input;
  return [
    ...(subnets === undefined ? [] : [`subgrp:${subnets}`]),
    ...(parameters === undefined ? [] : [`pg:${parameters}`]),
  ];
}
