import type { environment } from "../../lambdas/deploy/plan/contract.ts";
import type { Environment } from "../environment.ts";
import { readQuotas } from "../grants/database.ts";
import { answerDeployTokens } from "../grants/pipeline.ts";
import { readAppSecret, readDatabaseSecret } from "../grants/secrets.ts";
import { pipelineFunction } from "../pipeline-function.ts";

/** Variables that the task definition sets; an app may require them without the user setting them. */
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
  "PGSSLROOTCERT",
  "NODE_EXTRA_CA_CERTS",
];

export const plan = pipelineFunction({
  entry: "deploy/plan",
  timeoutSeconds: 60,
  inVpc: true,
  environment: (context): Environment<typeof environment> => ({
    APP_SECRET_ARN: context.data.appSecret.secretArn,
    DATABASE_SECRET_ARN: context.data.database.secret.secretArn,
    PROVIDED_VARIABLES: providedVariables.join(","),
    SNAPSHOT_POLICY: context.props.stage.snapshot,
    TASK_COUNT: String(context.props.stage.tasks),
  }),
  may: [answerDeployTokens, readAppSecret, readDatabaseSecret, readQuotas],
});
