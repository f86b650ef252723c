import type { PipelineFunction } from "../pipeline-function.ts";
import { allowAnswers, askExecutions, type StepContext, stepFunction } from "../step-context.ts";

export function acquireLock(context: StepContext): PipelineFunction {
  const made = stepFunction(context, {
    name: "acquire-lock",
    entry: "deploy/acquire-lock",
    timeoutSeconds: 30,
    environment: { LOCK_MODE: context.props.stage.lock },
  });
  return askExecutions(allowAnswers(made, context), context);
}
