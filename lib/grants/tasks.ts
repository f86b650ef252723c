import { arn, type PipelineContext } from "../pipeline-context.ts";
import type { Grant } from "./grant.ts";
import type { Statement } from "./statement.ts";
import { readTaskSecrets } from "./secrets.ts";

export const registerReleases: Grant = (context) => registerTaskDefinitions(context, context.props.prefix);
export const registerMigrations: Grant = (context) => registerTaskDefinitions(context, migrationFamily(context));

export const runMigrations: Grant = (context) => [
  {
    actions: ["ecs:RunTask"],
    resources: [arn(context, "ecs", `task-definition/${migrationFamily(context)}:*`)],
    conditions: inCluster(context),
  },
];

export const stopTasks: Grant = (context) => [
  { actions: ["ecs:StopTask"], resources: [tasks(context)], conditions: inCluster(context) },
];

export const readTasks: Grant = (context) => [
  { actions: ["ecs:DescribeTasks"], resources: [tasks(context)], conditions: inCluster(context) },
];

export const findTasks: Grant = (context) => [
  { actions: ["ecs:ListTasks"], resources: ["*"], conditions: inCluster(context) },
  ...readTasks(context),
];

export const readTaskDefinitions: Grant = () => [{ actions: ["ecs:DescribeTaskDefinition"], resources: ["*"] }];

/** Reads the end of a failed task's log, and the secrets that are redacted from it. */
export const readTaskFailures: Grant = (context) => [
  ...readTaskDefinitions(context),
  { actions: ["logs:GetLogEvents"], resources: [context.data.logGroup.logGroupArn] },
  ...readTaskSecrets(context),
];

export const readService: Grant = (context) => [
  { actions: ["ecs:DescribeServices"], resources: [serviceArn(context)] },
];

/** Changes the number of tasks and the grace period, without which UpdateService needs no role to pass. */
export const scaleService: Grant = (context) => [
  { actions: ["ecs:UpdateService"], resources: [serviceArn(context)] },
  ...readService(context),
  { actions: ["ecs:DescribeTaskDefinition"], resources: ["*"] },
];

// These actions have no resource-level permissions.
export const pruneTaskDefinitions: Grant = () => [
  {
    actions: ["ecs:ListTaskDefinitions", "ecs:DescribeTaskDefinition", "ecs:DeregisterTaskDefinition"],
    resources: ["*"],
  },
];

export function migrationFamily({ props }: PipelineContext): string {
  return `${props.prefix}-migrate`;
}

/** Registers task definitions of one family, with the roles of the app's tasks. */
function registerTaskDefinitions(context: PipelineContext, family: string): Statement[] {
  const { taskRole, executionRole } = context.service.webService;
  return [
    {
      actions: ["iam:PassRole"],
      resources: [taskRole.roleArn, executionRole.roleArn],
      conditions: { StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } },
    },
    {
      actions: ["ecs:RegisterTaskDefinition", "ecs:TagResource"],
      resources: [arn(context, "ecs", `task-definition/${family}:*`)],
    },
    { actions: ["ecs:DescribeTaskDefinition"], resources: ["*"] },
  ];
}

function serviceArn(context: PipelineContext): string {
  return arn(context, "ecs", `service/${context.props.prefix}/${context.props.prefix}`);
}

function tasks(context: PipelineContext): string {
  return arn(context, "ecs", `task/${context.service.webService.cluster.clusterName}/*`);
}

function inCluster({ service }: PipelineContext) {
  return { ArnEquals: { "ecs:cluster": service.webService.cluster.clusterArn } };
}
