import type { PipelineFunction } from "../pipeline-function.ts";
import { askExecutions, ecsArn, type StepContext, stepFunction } from "../step-context.ts";
import { findListener } from "../deploy/probe.ts";
import { observeShift, shiftEnvironment } from "../deploy/shift-traffic.ts";

export function assess(context: StepContext): PipelineFunction {
  const made = stepFunction(context, {
    name: "assess",
    entry: "rollback/assess",
    timeoutSeconds: 60,
    environment: stageEnvironment(context),
  });
  return observeStage(askExecutions(made, context), context);
}

export function stageEnvironment(context: StepContext): Record<string, string> {
  return {
    ...shiftEnvironment(context),
    LISTENER_ARN: context.service.loadBalancer.production.listenerArn,
    MIGRATION_FAMILY: `${context.props.prefix}-migrate`,
  };
}

/** What is true about a stage: who takes traffic, what CodeDeploy does, whether a build or a migration runs. */
export function observeStage(made: PipelineFunction, context: StepContext): PipelineFunction {
  const { project, service } = context;
  const { clusterName } = service.webService.cluster;
  made
    .allow(["codebuild:BatchGetBuilds"], [project.projectArn])
    .allow(["ecs:DescribeServices"], [ecsArn(context, `service/${clusterName}/*`)]);
  return findListener(observeShift(made, context));
}
