import type { PipelineFunction } from "../pipeline-function.ts";
import { type StepContext, stepFunction } from "../step-context.ts";
import { observeStage, stageEnvironment } from "./assess.ts";
import { createDeployments, deploymentEnvironment } from "../deploy/shift-traffic.ts";

export function restoreTraffic(context: StepContext): PipelineFunction {
  const made = stepFunction(context, {
    name: "restore-traffic",
    entry: "rollback/restore-traffic",
    timeoutSeconds: 60,
    environment: { ...stageEnvironment(context), ...deploymentEnvironment(context) },
  });
  return observeStage(createDeployments(made, context), context).allow(
    ["codebuild:StopBuild"],
    [context.project.projectArn],
  );
}
