import type { PipelineFunction } from "../pipeline-function.ts";
import { allowAnswers, askExecutions, type StepContext, stepFunction, tellPeople } from "../step-context.ts";

/** Gives the lock back, so it may answer the push that waits for it. */
export function close(context: StepContext): PipelineFunction {
  const made = stepFunction(context, { name: "close", entry: "rollback/close", timeoutSeconds: 60 });
  return tellPeople(askExecutions(allowAnswers(made, context), context), context, "Lockstep Rolled Back");
}
