import type { PipelineFunction } from "../pipeline-function.ts";
import { allowAnswers, type StepContext, stepFunction } from "../step-context.ts";

/** Variables that every task is given by its task definition; an app may require them without anybody setting them. */
const providedVariables = [
  "PORT",
  "NODE_ENV",
  "RELEASE",
  "PGHOST",
  "PGPORT",
  "PGUSER",
  "PGPASSWORD",
  "PGDATABASE",
  "PGSSLMODE",
];

export function plan(context: StepContext): PipelineFunction {
  const { service, props } = context;
  const { secret } = service.database;
  const { appSecret } = service.webService;
  const made = stepFunction(context, {
    name: "plan",
    entry: "deploy/plan",
    timeoutSeconds: 60,
    network: service.network,
    environment: {
      DATABASE_SECRET_ARN: secret.secretArn,
      APP_SECRET_ARN: appSecret.secretArn,
      PROVIDED_VARIABLES: providedVariables.join(","),
      SNAPSHOT_POLICY: props.stage.snapshot,
      TASK_COUNT: String(props.stage.tasks),
    },
  });
  return (
    allowAnswers(made, context)
      .allow(["secretsmanager:GetSecretValue"], [secret.secretArn, appSecret.secretArn])
      // Quotas belong to the account: the action takes no resource.
      .allow(["rds:DescribeAccountAttributes"], ["*"])
  );
}
