import type { AccessRules, Clients, Cloud } from "#local/cloud/index.ts";
import type { RdsStore } from "./store.ts";

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrds.html */
export const arns = {
  service: "rds",
  members: {
    DBInstanceIdentifier: "db:*",
    DBSnapshotIdentifier: "snapshot:*",
    FinalDBSnapshotIdentifier: "snapshot:*",
    DBSubnetGroupName: "subgrp:*",
    DBParameterGroupName: "pg:*",
    ResourceName: "arn",
  },
  unnamed: { describeDBInstances: "db:*", describeDBSnapshots: "snapshot:*" },
};

export const createAccess = (cloud: Cloud, store: RdsStore): AccessRules<Clients["rds"]> => ({
  createDBInstance: (input) => ({ resources: [cloud.arn("rds", `db:${input.DBInstanceIdentifier.toLowerCase()}`)] }),
  modifyDBInstance: (input) => ({ resources: [cloud.arn("rds", `db:${input.DBInstanceIdentifier.toLowerCase()}`)] }),
  describeDBSnapshots: ({ DBSnapshotIdentifier: name = "*" }) => ({
    resources: [cloud.arn("rds", `snapshot:${name.toLowerCase()}`)],
  }),
  deleteDBSnapshot: ({ DBSnapshotIdentifier: name }) => ({
    context: Object.fromEntries(
      Object.entries(store.snapshots.get(name.split(":").at(-1) ?? "")?.tags ?? {}).map(([key, value]) => [
        `aws:ResourceTag/${key}`,
        value,
      ]),
    ),
  }),
  describeEvents: ({ SourceType: type, SourceIdentifier: name = "*" }) => ({
    resources: [cloud.arn("rds", `${type === "db-snapshot" ? "snapshot" : "db"}:${name.toLowerCase()}`)],
  }),
});
