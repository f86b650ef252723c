import type { environment } from "../../lambdas/restore/password/contract.ts";
import { databaseEnvironment, type Environment, ledgerEnvironment, loginEnvironment } from "../environment.ts";
import { readInstances, setPasswords } from "../grants/database.ts";
import { answerRestoreTokens } from "../grants/pipeline.ts";
import { readDatabaseSecret, readLoginSecrets } from "../grants/secrets.ts";
import { pipelineFunction } from "../pipeline-function.ts";

export const restorePassword = pipelineFunction({
  entry: "restore/password",
  name: "restore-password",
  timeoutSeconds: 60,
  inVpc: true,
  environment: (context): Environment<typeof environment> => ({
    ...ledgerEnvironment(context),
    ...databaseEnvironment(context),
    ...loginEnvironment(context.data),
  }),
  may: [answerRestoreTokens, readInstances, setPasswords, readDatabaseSecret, readLoginSecrets],
});
