import { CfnOutput, type Stack } from "aws-cdk-lib";
import type { PipelineFunction } from "../pipeline-function.ts";
import { PipelineMachine } from "../pipeline-machine.ts";
import type { StepContext } from "../step-context.ts";
import { restoreAssess } from "./loss-window.ts";
import { restoreFinish } from "./finish.ts";
import { restoreLock } from "./lock.ts";
import { restorePassword } from "./password.ts";
import { restoreProbe } from "./probe.ts";
import { restoreSnapshot } from "./snapshot.ts";
import { restoreSwap } from "./swap.ts";
import { restoreTasks } from "./tasks.ts";

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
