import type { Network } from "../network.ts";
import type { PipelineFunction } from "../pipeline-function.ts";
import { type StepContext, stepFunction } from "../step-context.ts";

interface RestoreFunctionProps {
  name: string;
  entry: string;
  timeoutSeconds: number;
  environment?: Record<string, string>;
  network?: Network;
}

/** A step of the restore machine: it may answer that machine's tokens. */
export function restoreFunction(context: StepContext, props: RestoreFunctionProps): PipelineFunction {
  return stepFunction(context, props).allow(
    ["states:SendTaskSuccess", "states:SendTaskFailure", "states:SendTaskHeartbeat"],
    [restoreMachineArn(context)],
  );
}

/** By name, because the machine is made after the functions it calls. */
export function restoreMachineArn({ stack, props }: StepContext): string {
  return `arn:${stack.partition}:states:${stack.region}:${stack.account}:stateMachine:${props.prefix}-restore`;
}

/** The live instance, the one that a restore makes, and those that restores have kept. */
export function instanceArns(context: StepContext): string[] {
  const { prefix } = context.props;
  return [prefix, `${prefix}-restored-*`, `${prefix}-before-*`].map((name) => rdsArn(context, `db:${name}`));
}

/** Manual snapshots of the stage, and those that RDS takes by itself. */
export function snapshotArns(context: StepContext): string[] {
  const { prefix } = context.props;
  return [rdsArn(context, `snapshot:${prefix}-*`), rdsArn(context, `snapshot:rds:${prefix}-*`)];
}

export function rdsArn({ stack }: StepContext, resource: string): string {
  return `arn:${stack.partition}:rds:${stack.region}:${stack.account}:${resource}`;
}
