import type { PipelineFunction } from "../pipeline-function.ts";
import { allowAnswers, executionArns, type StepContext, stepFunction } from "../step-context.ts";

export function acquireLock(context: StepContext): PipelineFunction {
  const made = stepFunction(context, {
    name: "acquire-lock",
    timeoutSeconds: 30,
    environment: { LOCK_MODE: context.props.stage.lock },
  });
  return allowAnswers(made, context).allow(["states:DescribeExecution"], [executionArns(context)]);
}
