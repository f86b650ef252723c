import type { PipelineFunction } from "../pipeline-function.ts";
import { allowAnswers, type StepContext, stepFunction } from "../step-context.ts";

export function approve(context: StepContext): PipelineFunction {
  const { stack, props } = context;
  const made = stepFunction(context, {
    name: "approve",
    timeoutSeconds: 30,
    environment: { APPROVAL_MINUTES: String(props.stage.approval?.minutes ?? 0) },
  });
  const bus = `arn:${stack.partition}:events:${stack.region}:${stack.account}:event-bus/default`;
  // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html: it speaks for nobody but us.
  return allowAnswers(made, context).allow(["events:PutEvents"], [bus], {
    StringEquals: { "events:source": "lockstep", "events:detail-type": "Lockstep Approval Requested" },
  });
}
