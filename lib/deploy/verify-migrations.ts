import type { environment } from "../../lambdas/deploy/verify-migrations/contract.ts";
import { type Environment, ledgerEnvironment } from "../environment.ts";
import { answerDeployTokens } from "../grants/pipeline.ts";
import { readDatabaseSecret } from "../grants/secrets.ts";
import { pipelineFunction } from "../pipeline-function.ts";

export const verifyMigrations = pipelineFunction({
  entry: "deploy/verify-migrations",
  timeoutSeconds: 60,
  inVpc: true,
  environment: (context): Environment<typeof environment> => ({
    ...ledgerEnvironment(context),
    DATABASE_SECRET_ARN: context.data.database.secret.secretArn,
  }),
  may: [answerDeployTokens, readDatabaseSecret],
});
