import type { PipelineFunction } from "../pipeline-function.ts";
import type { StepContext } from "../step-context.ts";
import { findListener } from "../deploy/probe.ts";
import { restoreFunction } from "./restore-function.ts";

export function restoreProbe(context: StepContext): PipelineFunction {
  const made = restoreFunction(context, {
    name: "restore-probe",
    entry: "restore/probe",
    timeoutSeconds: 120,
    environment: {
      LISTENER_ARN: context.service.loadBalancer.production.listenerArn,
      HEALTH_PATH: context.props.config.app.healthPath,
    },
  });
  return findListener(made);
}
