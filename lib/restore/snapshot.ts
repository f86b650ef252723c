import type { PipelineFunction } from "../pipeline-function.ts";
import type { StepContext } from "../step-context.ts";
import { instanceArns, rdsArn, restoreFunction, snapshotArns } from "./restore-function.ts";

export function restoreSnapshot(context: StepContext): PipelineFunction {
  const restored = rdsArn(context, `db:${context.props.prefix}-restored-*`);
  // Whatever groups the live instance is in by then.
  const groups = ["subgrp", "pg", "og"].map((kind) => rdsArn(context, `${kind}:*`));
  return restoreFunction(context, {
    name: "restore-snapshot",
    entry: "restore/snapshot",
    timeoutSeconds: 60,
    environment: { DB_INSTANCE_IDENTIFIER: context.service.database.instanceIdentifier },
  })
    .allow(["rds:DescribeDBInstances"], instanceArns(context))
    .allow(["rds:DescribeDBSnapshots"], snapshotArns(context))
    .allow(["rds:RestoreDBInstanceFromDBSnapshot"], [restored, ...snapshotArns(context), ...groups])
    .allow(["rds:AddTagsToResource"], [restored]);
}
