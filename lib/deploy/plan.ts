import type { environment } from "../../lambdas/deploy/plan/contract.ts";
import { type Environment, ledgerEnvironment, variableEnvironment } from "../environment.ts";
import { readQuotas } from "../grants/database.ts";
import { answerDeployTokens } from "../grants/pipeline.ts";
import { keepAppSecretVersions, readAppSecret, readDatabaseSecret } from "../grants/secrets.ts";
import { pipelineFunction } from "../pipeline-function.ts";

export const plan = pipelineFunction({
  entry: "deploy/plan",
  timeoutSeconds: 60,
  inVpc: true,
  environment: (context): Environment<typeof environment> => ({
    ...ledgerEnvironment(context),
    ...variableEnvironment(context),
    DATABASE_SECRET_ARN: context.data.database.secret.secretArn,
    SNAPSHOT_POLICY: context.props.stage.snapshot,
    TASK_COUNT: String(context.props.stage.tasks),
  }),
  may: [answerDeployTokens, keepAppSecretVersions, readAppSecret, readDatabaseSecret, readQuotas],
});
