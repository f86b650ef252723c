import type { environment } from "../../lambdas/restore/snapshot/contract.ts";
import type { Environment } from "../environment.ts";
import { readInstances, readRestorableSnapshots, restoreInstance } from "../grants/database.ts";
import { answerRestoreTokens } from "../grants/pipeline.ts";
import { pipelineFunction } from "../pipeline-function.ts";

export const restoreSnapshot = pipelineFunction({
  entry: "restore/snapshot",
  name: "restore-snapshot",
  timeoutSeconds: 60,
  environment: ({ service }): Environment<typeof environment> => ({
    DB_INSTANCE_IDENTIFIER: service.database.instanceIdentifier,
  }),
  may: [answerRestoreTokens, readInstances, readRestorableSnapshots, restoreInstance],
});
