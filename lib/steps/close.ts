import type { PipelineFunction } from "../pipeline-function.ts";
import { allowAnswers, askExecutions, type StepContext, stepFunction } from "../step-context.ts";

/** Gives the lock back, so it may answer the push that waits for it. */
export function close(context: StepContext): PipelineFunction {
  return askExecutions(allowAnswers(stepFunction(context, { name: "close", timeoutSeconds: 60 }), context), context);
}
