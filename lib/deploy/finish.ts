import type { environment } from "../../lambdas/deploy/finish/contract.ts";
import { type Environment, serviceEnvironment } from "../environment.ts";
import { answerDeployTokens, describeExecutions } from "../grants/pipeline.ts";
import { scaleService } from "../grants/tasks.ts";
import { pipelineFunction } from "../pipeline-function.ts";

export const finish = pipelineFunction({
  entry: "deploy/finish",
  timeoutSeconds: 30,
  environment: (context): Environment<typeof environment> => serviceEnvironment(context),
  // The lock passes to a waiting push only if its execution is still running.
  may: [answerDeployTokens, describeExecutions, scaleService],
});
