import type { environment } from "../../lambdas/deploy/snapshot/contract.ts";
import { type Environment, snapshotEnvironment } from "../environment.ts";
import { createSnapshots, readSnapshots } from "../grants/database.ts";
import { answerDeployTokens } from "../grants/pipeline.ts";
import { pipelineFunction } from "../pipeline-function.ts";

export const snapshot = pipelineFunction({
  entry: "deploy/snapshot",
  timeoutSeconds: 60,
  environment: (context): Environment<typeof environment> => snapshotEnvironment(context),
  may: [answerDeployTokens, createSnapshots, readSnapshots],
});
