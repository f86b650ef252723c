import { CfnOutput } from "aws-cdk-lib";
import type { PipelineContext } from "../pipeline-context.ts";
import { PipelineMachine } from "../pipeline-machine.ts";
import { restoreFinish } from "./finish.ts";
import { restoreLock } from "./lock.ts";
import { restoreAssess } from "./loss-window.ts";
import { restorePassword } from "./password.ts";
import { restoreProbe } from "./probe.ts";
import { restoreSnapshot } from "./snapshot.ts";
import { restoreSwap } from "./swap.ts";
import { restoreTasks } from "./tasks.ts";

/** The functions that restore.asl.json calls, in its order. */
const functions = {
  "restore-lock": restoreLock,
  "restore-snapshot": restoreSnapshot,
  "restore-password": restorePassword,
  "restore-swap": restoreSwap,
  "restore-tasks": restoreTasks,
  "restore-probe": restoreProbe,
  "restore-finish": restoreFinish,
};

/** Restores the database to a snapshot. No event starts it and no function may: only a person with the permission. */
export function createRestoreMachine(context: PipelineContext): void {
  const { stateMachine } = new PipelineMachine(context.stack, "Restore", { name: "restore", context, functions });
  restoreAssess(context);
  new CfnOutput(context.stack, "RestoreMachineArn", { value: stateMachine.stateMachineArn });
}
