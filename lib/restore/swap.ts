import type { environment } from "../../lambdas/restore/snapshot/contract.ts";
import type { Environment } from "../environment.ts";
import { readInstances, renameInstances } from "../grants/database.ts";
import { answerRestoreTokens } from "../grants/pipeline.ts";
import { pipelineFunction } from "../pipeline-function.ts";

export const restoreSwap = pipelineFunction({
  entry: "restore/swap",
  name: "restore-swap",
  timeoutSeconds: 60,
  environment: ({ service }): Environment<typeof environment> => ({
    DB_INSTANCE_IDENTIFIER: service.database.instanceIdentifier,
  }),
  may: [answerRestoreTokens, readInstances, renameInstances],
});
