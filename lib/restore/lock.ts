import { answerRestoreTokens, describeExecutions } from "../grants/pipeline.ts";
import { pipelineFunction } from "../pipeline-function.ts";

export const restoreLock = pipelineFunction({
  entry: "restore/lock",
  name: "restore-lock",
  timeoutSeconds: 30,
  may: [answerRestoreTokens, describeExecutions],
});
