import type { environment } from "../../lambdas/deploy/acquire-lock/contract.ts";
import type { Environment } from "../environment.ts";
import { answerDeployTokens, describeExecutions, notify } from "../grants/pipeline.ts";
import { pipelineFunction } from "../pipeline-function.ts";

export const acquireLock = pipelineFunction({
  entry: "deploy/acquire-lock",
  timeoutSeconds: 30,
  environment: ({ props }): Environment<typeof environment> => ({ LOCK_MODE: props.stage.lock }),
  may: [answerDeployTokens, describeExecutions, notify("Lockstep Deployment Held")],
});
