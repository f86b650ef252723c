import type { PipelineFunction } from "../pipeline-function.ts";
import { allowAnswers, type StepContext, stepFunction } from "../step-context.ts";

export function probe(context: StepContext): PipelineFunction {
  const { service, props } = context;
  const made = stepFunction(context, {
    name: "probe",
    entry: "deploy/probe",
    timeoutSeconds: 120,
    environment: {
      LISTENER_ARN: service.loadBalancer.production.listenerArn,
      HEALTH_PATH: props.config.app.healthPath,
    },
  });
  return findListener(allowAnswers(made, context));
}

/** The probe's address comes from the load balancer itself, never from input. These actions take no resource. */
export function findListener(made: PipelineFunction): PipelineFunction {
  const actions = ["DescribeListeners", "DescribeLoadBalancers"].map((action) => `elasticloadbalancing:${action}`);
  return made.allow(actions, ["*"]);
}
