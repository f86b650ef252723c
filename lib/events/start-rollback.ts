import type { environment } from "../../lambdas/events/start-rollback/contract.ts";
import type { StageConfig } from "../config/index.ts";
import { type Environment, trafficEnvironment } from "../environment.ts";
import { describeExecutions, notify, startRollbacks } from "../grants/pipeline.ts";
import { stopRedeployments } from "../grants/traffic.ts";
import { machineArn } from "../pipeline-context.ts";
import { pipelineFunction } from "../pipeline-function.ts";

export const startRollback = pipelineFunction({
  entry: "events/start-rollback",
  timeoutSeconds: 30,
  environment: (context): Environment<typeof environment> => ({
    ...trafficEnvironment(context),
    DEPLOY_MACHINE_ARN: machineArn(context, "deploy"),
    ROLLBACK_MACHINE_ARN: machineArn(context, "rollback"),
    ALARM_WINDOW_MINUTES: String(context.props.stage.alarms.windowMinutes),
    ALARM_MEMORY_SECONDS: String(alarmMemorySeconds(context.props.stage)),
  }),
  may: [describeExecutions, startRollbacks, stopRedeployments, notify("Lockstep Stage Frozen")],
});

/** The evaluation periods of an alarm, and two more for metrics to arrive. */
function alarmMemorySeconds({ alarms }: StageConfig): number {
  return alarms.periodSeconds * (alarms.datapoints.of + 2);
}
