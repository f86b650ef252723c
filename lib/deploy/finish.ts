import { answerDeployTokens, describeExecutions } from "../grants/pipeline.ts";
import { pipelineFunction } from "../pipeline-function.ts";

export const finish = pipelineFunction({
  entry: "deploy/finish",
  timeoutSeconds: 30,
  // The lock passes to a waiting push only if its execution is still running.
  may: [answerDeployTokens, describeExecutions],
});
