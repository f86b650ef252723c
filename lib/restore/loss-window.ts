import type { PipelineFunction } from "../pipeline-function.ts";
import { type StepContext, stepFunction } from "../step-context.ts";
import { rdsArn, snapshotArns } from "./restore-function.ts";

/** Called by `lockstep restore` before anything is agreed to; it reads and changes nothing. */
export function restoreAssess(context: StepContext): PipelineFunction {
  const { database, network } = context.service;
  return stepFunction(context, {
    name: "restore-assess",
    entry: "restore/loss-window",
    timeoutSeconds: 30,
    network,
    environment: {
      DB_INSTANCE_IDENTIFIER: database.instanceIdentifier,
      DATABASE_SECRET_ARN: database.secret.secretArn,
    },
  })
    .allow(["rds:DescribeDBInstances"], [rdsArn(context, `db:${context.props.prefix}`)])
    .allow(["rds:DescribeDBSnapshots"], snapshotArns(context))
    .allow(["secretsmanager:GetSecretValue"], [database.secret.secretArn]);
}
