import type { PipelineFunction } from "../pipeline-function.ts";
import { allowAnswers, codeDeployArns, type StepContext, stepFunction } from "../step-context.ts";
import { findListener } from "../deploy/probe.ts";
import { shiftEnvironment } from "../deploy/shift-traffic.ts";

export function probeGreen(context: StepContext): PipelineFunction {
  const { service, props } = context;
  const made = stepFunction(context, {
    name: "probe-green",
    entry: "events/probe-green",
    timeoutSeconds: 120,
    network: service.network,
    environment: {
      ...shiftEnvironment(context),
      TEST_LISTENER_ARN: service.loadBalancer.test.listenerArn,
      HEALTH_PATH: props.config.app.healthPath,
    },
  });
  return findListener(allowAnswers(made, context)).allow(
    ["codedeploy:PutLifecycleEventHookExecutionStatus", "codedeploy:GetDeployment", "codedeploy:GetDeploymentTarget"],
    codeDeployArns(context),
  );
}
