import { answerDeployTokens, answerRestoreTokens, describeExecutions } from "../grants/pipeline.ts";
import { pipelineFunction } from "../pipeline-function.ts";

export const restoreFinish = pipelineFunction({
  entry: "restore/finish",
  name: "restore-finish",
  timeoutSeconds: 30,
  // The lock may pass to the next push, whose token is the deploy machine's.
  may: [answerRestoreTokens, answerDeployTokens, describeExecutions],
});
