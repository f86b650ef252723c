import type { PipelineFunction } from "../pipeline-function.ts";
import { allowAnswers, type StepContext, stepFunction } from "../step-context.ts";

export function finish(context: StepContext): PipelineFunction {
  return allowAnswers(stepFunction(context, { name: "finish", timeoutSeconds: 30 }), context);
}
