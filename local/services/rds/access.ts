import type { AccessRules, Clients, Cloud } from "#local/cloud/index.ts";
import { instanceArn, snapshotArn } from "./describe.ts";
import type { RdsStore } from "./store.ts";

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrds.html */
export function createAccess(cloud: Cloud, store: RdsStore): AccessRules<Clients["rds"]> {
  const arn = (make: typeof instanceArn, name: string | undefined) =>
    name === undefined ? [] : [name.startsWith("arn:") ? name : make(cloud, name.toLowerCase())];
  const resources = (names: { db?: string | undefined; snapshot?: string | undefined }) => ({
    resources: [...arn(instanceArn, names.db), ...arn(snapshotArn, names.snapshot)],
  });
  const ofInstance = (input: { DBInstanceIdentifier: string }) => resources({ db: input.DBInstanceIdentifier });
  const ofResource = ({ ResourceName }: { ResourceName: string }) => ({ resources: [ResourceName] });
  return {
    createDBInstance: ofInstance,
    modifyDBInstance: ofInstance,
    startDBInstance: ofInstance,
    stopDBInstance: ofInstance,
    rebootDBInstance: ofInstance,
    deleteDBInstance: (input) =>
      resources({ db: input.DBInstanceIdentifier, snapshot: input.FinalDBSnapshotIdentifier }),
    describeDBInstances: ({ DBInstanceIdentifier: name }) => resources({ db: name ?? "*" }),
    createDBSnapshot: (input) => resources({ db: input.DBInstanceIdentifier, snapshot: input.DBSnapshotIdentifier }),
    describeDBSnapshots: (input) => resources({ snapshot: input.DBSnapshotIdentifier ?? "*" }),
    deleteDBSnapshot: ({ DBSnapshotIdentifier: name }) => ({
      ...resources({ snapshot: name }),
      context: resourceTags(store.snapshot(name.split(":").at(-1) ?? name)?.tags),
    }),
    restoreDBInstanceFromDBSnapshot: (input) => {
      const named = resources({ db: input.DBInstanceIdentifier, snapshot: input.DBSnapshotIdentifier });
      const group = (kind: string, name: string | undefined) =>
        name === undefined ? [] : [cloud.arn("rds", `${kind}:${name.toLowerCase()}`)];
      const groups = [...group("subgrp", input.DBSubnetGroupName), ...group("pg", input.DBParameterGroupName)];
      return { resources: [...named.resources, ...groups] };
    },
    describeEvents: (input) =>
      input.SourceType === "db-snapshot"
        ? resources({ snapshot: input.SourceIdentifier ?? "*" })
        : resources({ db: input.SourceIdentifier ?? "*" }),
    addTagsToResource: ofResource,
    listTagsForResource: ofResource,
    removeTagsFromResource: ofResource,
  };
}

const resourceTags = (tags: Record<string, string> = {}) =>
  Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:ResourceTag/${key}`, value]));
