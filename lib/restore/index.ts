import { CfnOutput } from "aws-cdk-lib";
import type { PipelineContext } from "../pipeline-context.ts";
import { PipelineMachine } from "../pipeline-machine.ts";
import { restoreLossWindow } from "./loss-window.ts";
import { restorePassword } from "./password.ts";
import { restore } from "./restore.ts";

/** The functions that restore.asl.json calls. */
const functions = { restore, "restore-password": restorePassword };

/** Restores the database to a snapshot. No event starts it and no function may: only a person with the permission. */
export function createRestoreMachine(context: PipelineContext): void {
  const { stateMachine } = new PipelineMachine(context.stack, "RestoreMachine", {
    name: "restore",
    context,
    functions,
    numbers: { HeartbeatSeconds: context.props.stage.heartbeatSeconds },
  });
  restoreLossWindow(context);
  new CfnOutput(context.stack, "RestoreMachineArn", { value: stateMachine.stateMachineArn });
}
