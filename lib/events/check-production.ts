import { Duration } from "aws-cdk-lib";
import { Rule, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import { checkMetrics } from "../../lambdas/events/check-production/contract.ts";
import { PipelineFunction } from "../pipeline-function.ts";
import type { StepContext } from "../step-context.ts";
import { findListener } from "../deploy/probe.ts";

/** As often as its alarm looks. */
const interval = Duration.minutes(1);

export function checkProduction({ stack, props, service }: StepContext): PipelineFunction {
  const made = new PipelineFunction(stack, "CheckProduction", {
    name: "check-production",
    entry: "events/check-production",
    prefix: props.prefix,
    timeoutSeconds: 50,
    environment: {
      LISTENER_ARN: service.loadBalancer.production.listenerArn,
      HEALTH_PATH: props.config.app.healthPath,
      METRIC_STAGE: props.prefix,
    },
  });
  const rule = new Rule(stack, "CheckProductionSchedule", { schedule: Schedule.rate(interval) });
  // A check that comes late tells nothing: the next one is on its way.
  rule.addTarget(new LambdaFunction(made.function, { retryAttempts: 0, maxEventAge: interval }));
  return findListener(made).allow(["cloudwatch:PutMetricData"], ["*"], {
    StringEquals: { "cloudwatch:namespace": checkMetrics.namespace },
  });
}
