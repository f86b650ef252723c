import type { PipelineFunction } from "../pipeline-function.ts";
import { askExecutions, type StepContext, stepFunction, tellPeople } from "../step-context.ts";

export function startRollback(context: StepContext): PipelineFunction {
  const { deployMachineArn, rollbackMachineArn, props } = context;
  const { alarms } = props.stage;
  const made = stepFunction(context, {
    name: "start-rollback",
    entry: "events/start-rollback",
    timeoutSeconds: 30,
    environment: {
      DEPLOY_MACHINE_ARN: deployMachineArn,
      ROLLBACK_MACHINE_ARN: rollbackMachineArn,
      ALARM_WINDOW_MINUTES: String(alarms.windowMinutes),
      ALARM_MEMORY_SECONDS: String(alarms.periodSeconds * (alarms.datapoints.of + 2)),
    },
  });
  return tellPeople(askExecutions(made, context), context, "Lockstep Stage Frozen").allow(
    ["states:StartExecution"],
    [rollbackMachineArn],
  );
}
