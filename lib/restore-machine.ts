import { CfnOutput, type Stack } from "aws-cdk-lib";
import type { PipelineFunction } from "./pipeline-function.ts";
import { PipelineMachine } from "./pipeline-machine.ts";
import type { StepContext } from "./step-context.ts";
import { restoreAssess } from "./steps/restore-assess.ts";
import { restoreFinish } from "./steps/restore-finish.ts";
import { restoreLock } from "./steps/restore-lock.ts";
import { restorePassword } from "./steps/restore-password.ts";
import { restoreProbe } from "./steps/restore-probe.ts";
import { restoreSnapshot } from "./steps/restore-snapshot.ts";
import { restoreSwap } from "./steps/restore-swap.ts";
import { restoreTasks } from "./steps/restore-tasks.ts";

/** The functions that restore.asl.json calls, in its order. */
const restoreSteps = {
  "restore-lock": restoreLock,
  "restore-snapshot": restoreSnapshot,
  "restore-password": restorePassword,
  "restore-swap": restoreSwap,
  "restore-tasks": restoreTasks,
  "restore-probe": restoreProbe,
  "restore-finish": restoreFinish,
};

/** What brings the database back to a snapshot. No event starts it and no function may: only a person with the right to. */
export function createRestoreMachine(stack: Stack, context: StepContext): void {
  const made = Object.entries(restoreSteps).map(([name, create]): [string, PipelineFunction] => [
    name,
    create(context),
  ]);
  const { stateMachine } = new PipelineMachine(stack, "Restore", {
    name: "restore",
    props: context.props,
    steps: new Map(made),
  });
  restoreAssess(context);
  new CfnOutput(stack, "RestoreMachineArn", { value: stateMachine.stateMachineArn });
}
