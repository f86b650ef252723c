import type { Stack } from "aws-cdk-lib";
import type { Project } from "aws-cdk-lib/aws-codebuild";
import type { DataStack } from "./data-stack.ts";
import type { ReleaseTask } from "./release-task.ts";
import type { Source } from "./source.ts";
import type { ServiceStack } from "./service-stack.ts";
import type { StageProps } from "./stage-props.ts";

/** What the functions of a pipeline can refer to in their environment and grants. */
export interface PipelineContext {
  stack: Stack;
  props: StageProps;
  data: DataStack;
  service: ServiceStack;
  source: Source;
  project: Project;
  releaseTask: ReleaseTask;
}

/** Built from names: a machine is created after its functions, and an alias of a resource may exist only later. */
export function arn({ stack }: PipelineContext, service: string, resource: string): string {
  return `arn:${stack.partition}:${service}:${stack.region}:${stack.account}:${resource}`;
}

export function machineArn(context: PipelineContext, machine: "deploy" | "rollback" | "restore"): string {
  return arn(context, "states", `stateMachine:${context.props.prefix}-${machine}`);
}

export function functionArn(context: PipelineContext, name: string): string {
  return arn(context, "lambda", `function:${context.props.prefix}-${name}`);
}
