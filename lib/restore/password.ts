import type { PipelineFunction } from "../pipeline-function.ts";
import type { StepContext } from "../step-context.ts";
import { instanceArns, rdsArn, restoreFunction } from "./restore-function.ts";

export function restorePassword(context: StepContext): PipelineFunction {
  const { database, network } = context.service;
  const { prefix } = context.props;
  return restoreFunction(context, {
    name: "restore-password",
    entry: "restore/password",
    timeoutSeconds: 60,
    network,
    environment: {
      DB_INSTANCE_IDENTIFIER: database.instanceIdentifier,
      DATABASE_SECRET_ARN: database.secret.secretArn,
    },
  })
    .allow(["rds:DescribeDBInstances"], instanceArns(context))
    .allow(["rds:ModifyDBInstance"], [rdsArn(context, `db:${prefix}`), rdsArn(context, `db:${prefix}-restored-*`)])
    .allow(["secretsmanager:GetSecretValue"], [database.secret.secretArn]);
}
