import type { PipelineFunction } from "../pipeline-function.ts";
import { type StepContext, stepFunction } from "../step-context.ts";
import { findListener } from "../deploy/probe.ts";

export function verify(context: StepContext): PipelineFunction {
  const { service, props } = context;
  const made = stepFunction(context, {
    name: "verify",
    entry: "rollback/verify",
    timeoutSeconds: 120,
    environment: {
      LISTENER_ARN: service.loadBalancer.production.listenerArn,
      HEALTH_PATH: props.config.app.healthPath,
    },
  });
  return findListener(made);
}
