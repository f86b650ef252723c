import type { PipelineFunction } from "../pipeline-function.ts";
import { allowAnswers, askExecutions, type StepContext, stepFunction } from "../step-context.ts";

export function finish(context: StepContext): PipelineFunction {
  const made = allowAnswers(
    stepFunction(context, { name: "finish", entry: "deploy/finish", timeoutSeconds: 30 }),
    context,
  );
  // Only a waiting push whose execution still runs is given the lock.
  return askExecutions(made, context);
}
