import { answerDeployTokens, describeExecutions, notify } from "../grants/pipeline.ts";
import { pipelineFunction } from "../pipeline-function.ts";

export const close = pipelineFunction({
  entry: "rollback/close",
  timeoutSeconds: 60,
  // Releasing the lock answers the push that waits for it.
  may: [answerDeployTokens, describeExecutions, notify("Lockstep Rolled Back")],
});
