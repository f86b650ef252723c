import { probeEnvironment, trafficEnvironment } from "../environment.ts";
import { readBuild } from "../grants/build.ts";
import { describeExecutions } from "../grants/pipeline.ts";
import { migrationFamily } from "../grants/tasks.ts";
import { findListener, readShift } from "../grants/traffic.ts";
import type { PipelineContext } from "../pipeline-context.ts";
import { pipelineFunction } from "../pipeline-function.ts";

export const assess = pipelineFunction({
  entry: "rollback/assess",
  timeoutSeconds: 60,
  environment: stageEnvironment,
  may: [describeExecutions, readBuild, readShift, findListener],
});

export function stageEnvironment(context: PipelineContext) {
  return {
    ...trafficEnvironment(context),
    LISTENER_ARN: probeEnvironment(context).LISTENER_ARN,
    MIGRATION_FAMILY: migrationFamily(context),
  };
}
