import type { PipelineFunction } from "../pipeline-function.ts";
import { askExecutions, type StepContext, stepFunction } from "../step-context.ts";

export function startRollback(context: StepContext): PipelineFunction {
  const { deployMachineArn, rollbackMachineArn, props } = context;
  const made = stepFunction(context, {
    name: "start-rollback",
    timeoutSeconds: 30,
    environment: {
      DEPLOY_MACHINE_ARN: deployMachineArn,
      ROLLBACK_MACHINE_ARN: rollbackMachineArn,
      ALARM_WINDOW_MINUTES: String(props.stage.alarms.windowMinutes),
    },
  });
  return askExecutions(made, context).allow(["states:StartExecution"], [rollbackMachineArn]);
}
