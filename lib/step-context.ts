import type { Stack } from "aws-cdk-lib";
import type { Project } from "aws-cdk-lib/aws-codebuild";
import type { IRepository } from "aws-cdk-lib/aws-codecommit";
import type { Table } from "aws-cdk-lib/aws-dynamodb";
import type { Network } from "./network.ts";
import { PipelineFunction } from "./pipeline-function.ts";
import type { ServiceStack } from "./service-stack.ts";
import type { StageProps } from "./stage-props.ts";

/** What a step's twin may draw on. */
export interface StepContext {
  stack: Stack;
  props: StageProps;
  service: ServiceStack;
  repository: IRepository;
  project: Project;
  table: Table;
  /** By name, because the machine is made after the functions it calls. */
  deployMachineArn: string;
  rollbackMachineArn: string;
}

interface StepProps {
  name: string;
  entry: string;
  timeoutSeconds: number;
  environment?: Record<string, string>;
  network?: Network;
}

/** The function of a step with what all have in common: the stage's table. */
export function stepFunction(context: StepContext, step: StepProps): PipelineFunction {
  const { stack, props, table } = context;
  const made = new PipelineFunction(stack, pascalCase(step.name), {
    name: step.name,
    entry: step.entry,
    prefix: props.prefix,
    timeoutSeconds: step.timeoutSeconds,
    environment: { STAGE: props.stageName, TABLE_NAME: table.tableName, ...step.environment },
    ...(step.network && { network: step.network }),
  });
  const item = ["GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query"].map((action) => `dynamodb:${action}`);
  return made.allow(item, [table.tableArn]);
}

/** Lets a function answer the task tokens of the deploy machine. */
export function allowAnswers(made: PipelineFunction, { deployMachineArn }: StepContext): PipelineFunction {
  return made.allow(
    ["states:SendTaskSuccess", "states:SendTaskFailure", "states:SendTaskHeartbeat"],
    [deployMachineArn],
  );
}

/** Lets a function ask whether who holds the lock, or waits for it, is still at work. */
export function askExecutions(made: PipelineFunction, { stack, props }: StepContext): PipelineFunction {
  const machines = `arn:${stack.partition}:states:${stack.region}:${stack.account}:execution:${props.prefix}-*`;
  return made.allow(["states:DescribeExecution"], [`${machines}:*`]);
}

/** Lets a function tell people something on the default bus, where rules of their own pick it up. */
export function tellPeople(made: PipelineFunction, { stack }: StepContext, detailType: string): PipelineFunction {
  const bus = `arn:${stack.partition}:events:${stack.region}:${stack.account}:event-bus/default`;
  // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html: it speaks for nobody but us.
  return made.allow(["events:PutEvents"], [bus], {
    StringEquals: { "events:source": "lockstep", "events:detail-type": detailType },
  });
}

/** ARNs of CodeDeploy's things for this stage: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscodedeploy.html */
export function codeDeployArns({ stack, service }: StepContext): string[] {
  const arn = (resource: string) => `arn:${stack.partition}:codedeploy:${stack.region}:${stack.account}:${resource}`;
  const { applicationName } = service.blueGreen.application;
  return [
    arn(`application:${applicationName}`),
    arn(`deploymentgroup:${applicationName}/${service.blueGreen.deploymentGroup.deploymentGroupName}`),
    arn("deploymentconfig:*"),
  ];
}

export function ecsArn({ stack }: StepContext, resource: string): string {
  return `arn:${stack.partition}:ecs:${stack.region}:${stack.account}:${resource}`;
}

export function passTaskRoles(made: PipelineFunction, { service }: StepContext): PipelineFunction {
  const { taskRole, executionRole } = service.webService;
  return made.allow(["iam:PassRole"], [taskRole.roleArn, executionRole.roleArn], {
    StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" },
  });
}

export function pascalCase(name: string): string {
  return name
    .split("-")
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");
}
