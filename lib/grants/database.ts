import { arn, type PipelineContext } from "../pipeline-context.ts";
import type { Grant } from "./grant.ts";

export const createSnapshots: Grant = (context) => [
  {
    actions: ["rds:CreateDBSnapshot", "rds:AddTagsToResource"],
    resources: [context.data.database.instance.instanceArn, manualSnapshots(context)],
  },
];

export const readSnapshots: Grant = (context) => [
  {
    actions: ["rds:DescribeDBSnapshots"],
    resources: [context.data.database.instance.instanceArn, manualSnapshots(context)],
  },
];

export const pruneSnapshots: Grant = (context) => [
  // Listing all snapshots cannot be restricted to one instance.
  { actions: ["rds:DescribeDBSnapshots"], resources: [arn(context, "rds", "db:*"), arn(context, "rds", "snapshot:*")] },
  {
    actions: ["rds:DeleteDBSnapshot"],
    resources: [manualSnapshots(context)],
    conditions: { Null: { "aws:ResourceTag/lockstep:deployment": "false" } },
  },
];

/** Quotas belong to the account: no resource-level permissions. */
export const readQuotas: Grant = () => [{ actions: ["rds:DescribeAccountAttributes"], resources: ["*"] }];

export const readRestorableSnapshots: Grant = (context) => [
  { actions: ["rds:DescribeDBSnapshots"], resources: allSnapshots(context) },
];

export const readLiveInstance: Grant = (context) => [
  { actions: ["rds:DescribeDBInstances"], resources: [arn(context, "rds", `db:${context.props.prefix}`)] },
];

export const readInstances: Grant = (context) => [
  { actions: ["rds:DescribeDBInstances"], resources: instances(context) },
];

export const restoreInstance: Grant = (context) => {
  const restored = arn(context, "rds", `db:${context.props.prefix}-restored-*`);
  // The subnet, parameter and option groups of the live instance are not known at synthesis.
  const groups = ["subgrp", "pg", "og"].map((kind) => arn(context, "rds", `${kind}:*`));
  return [
    {
      actions: ["rds:RestoreDBInstanceFromDBSnapshot"],
      resources: [restored, ...allSnapshots(context), ...groups],
    },
    { actions: ["rds:AddTagsToResource"], resources: [restored] },
  ];
};

export const setPasswords: Grant = (context) => [
  {
    actions: ["rds:ModifyDBInstance"],
    resources: ["", "-restored-*"].map((suffix) => arn(context, "rds", `db:${context.props.prefix}${suffix}`)),
  },
];

export const renameInstances: Grant = (context) => [
  { actions: ["rds:ModifyDBInstance"], resources: instances(context) },
];

/** The live instance, the restored one, and those kept from earlier restores. */
function instances(context: PipelineContext): string[] {
  return ["", "-restored-*", "-before-*"].map((suffix) => arn(context, "rds", `db:${context.props.prefix}${suffix}`));
}

function allSnapshots(context: PipelineContext): string[] {
  // Automated snapshots are rds:<instance>-yyyy-mm-dd-hh-mm. Of this length, only those of this instance match.
  return [manualSnapshots(context), arn(context, "rds", `snapshot:rds:${context.props.prefix}-20??-??-??-??-??`)];
}

/** The Snapshot step names them. The word is reserved, so that the pattern matches those of no other stage. */
function manualSnapshots(context: PipelineContext): string {
  return arn(context, "rds", `snapshot:${context.props.prefix}-snapshot-*`);
}
