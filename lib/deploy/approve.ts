import type { PipelineFunction } from "../pipeline-function.ts";
import { allowAnswers, type StepContext, stepFunction, tellPeople } from "../step-context.ts";

export function approve(context: StepContext): PipelineFunction {
  const made = stepFunction(context, {
    name: "approve",
    entry: "deploy/approve",
    timeoutSeconds: 30,
    environment: { APPROVAL_MINUTES: String(context.props.stage.approval?.minutes ?? 0) },
  });
  return tellPeople(allowAnswers(made, context), context, "Lockstep Approval Requested");
}
