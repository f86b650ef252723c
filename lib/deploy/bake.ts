import type { PipelineFunction } from "../pipeline-function.ts";
import { allowAnswers, type StepContext, stepFunction } from "../step-context.ts";
import { observeShift, shiftEnvironment } from "./shift-traffic.ts";

export function bake(context: StepContext): PipelineFunction {
  const made = stepFunction(context, {
    name: "bake",
    entry: "deploy/bake",
    timeoutSeconds: 60,
    environment: shiftEnvironment(context),
  });
  return observeShift(allowAnswers(made, context), context);
}
