import type { environment } from "../../lambdas/deploy/plan/contract.ts";
import { type Environment, secretEnvironment } from "../environment.ts";
import { readQuotas } from "../grants/database.ts";
import { answerDeployTokens } from "../grants/pipeline.ts";
import { readSecrets } from "../grants/secrets.ts";
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
];

export const plan = pipelineFunction({
  entry: "deploy/plan",
  timeoutSeconds: 60,
  inVpc: true,
  environment: (context): Environment<typeof environment> => ({
    ...secretEnvironment(context),
    PROVIDED_VARIABLES: providedVariables.join(","),
    SNAPSHOT_POLICY: context.props.stage.snapshot,
    TASK_COUNT: String(context.props.stage.tasks),
  }),
  may: [answerDeployTokens, readSecrets, readQuotas],
});
