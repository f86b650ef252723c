import { checkMetrics } from "../../lambdas/events/check-production/contract.ts";
import { arn, type PipelineContext } from "../pipeline-context.ts";
import type { Grant } from "./grant.ts";
import type { Statement } from "./statement.ts";
import { readService, scaleService } from "./tasks.ts";

/** How targets are checked, and whether they are healthy. No resource-level permissions. */
export const readTargets: Grant = () => [
  {
    actions: ["elasticloadbalancing:DescribeTargetGroups", "elasticloadbalancing:DescribeTargetHealth"],
    resources: ["*"],
  },
];

/** The address of a listener comes from the load balancer itself, too. No resource-level permissions. */
export const findListener: Grant = (context) => [
  ...readTargets(context),
  {
    actions: ["elasticloadbalancing:DescribeListeners", "elasticloadbalancing:DescribeLoadBalancers"],
    resources: ["*"],
  },
];

export const createDeployments: Grant = (context) => [
  {
    // CreateDeployment requires the other when it overrides the alarms of the group.
    actions: ["codedeploy:CreateDeployment", "codedeploy:UpdateDeploymentGroup"],
    resources: [deploymentGroupArn(context)],
  },
  {
    actions: ["codedeploy:RegisterApplicationRevision", "codedeploy:GetApplicationRevision"],
    resources: [arn(context, "codedeploy", `application:${context.service.blueGreen.application.applicationName}`)],
  },
  { actions: ["codedeploy:GetDeploymentConfig"], resources: [arn(context, "codedeploy", "deploymentconfig:*")] },
  ...findDeployments(context),
  onAnyDeployment("ContinueDeployment", "StopDeployment"),
  // The idle target group and the service are prepared for the release.
  {
    actions: ["elasticloadbalancing:ModifyTargetGroup", "elasticloadbalancing:ModifyTargetGroupAttributes"],
    resources: [context.service.loadBalancer.blue.targetGroupArn, context.service.loadBalancer.green.targetGroupArn],
  },
  ...scaleService(context),
];

/** Stops what an aborted rollback has started. */
export const stopRedeployments: Grant = (context) => [
  ...findDeployments(context),
  { actions: ["codedeploy:GetDeployment"], resources: [deploymentGroupArn(context)] },
  onAnyDeployment("GetDeploymentTarget", "StopDeployment"),
];

/** Follows a CodeDeploy deployment and the task sets of the service. */
export const readShift: Grant = (context) => [
  { actions: ["codedeploy:GetDeployment"], resources: [deploymentGroupArn(context)] },
  onAnyDeployment("GetDeploymentTarget"),
  ...readService(context),
];

export const reportHook: Grant = (context) => [
  { actions: ["codedeploy:GetDeployment"], resources: [deploymentGroupArn(context)] },
  onAnyDeployment("PutLifecycleEventHookExecutionStatus", "GetDeploymentTarget"),
];

export const readAlarms: Grant = (context) => [
  { actions: ["cloudwatch:DescribeAlarms"], resources: alarmArns(context) },
];

/** Which requests triggered an alarm. GetMetricData has no resource-level permissions. */
export const explainAlarms: Grant = (context) => [
  { actions: ["cloudwatch:DescribeAlarmHistory"], resources: alarmArns(context) },
  { actions: ["cloudwatch:GetMetricData"], resources: ["*"] },
];

function alarmArns(context: PipelineContext): string[] {
  return context.service.alarms.names.map((name) => arn(context, "cloudwatch", `alarm:${name}`));
}

export const putCheckMetrics: Grant = () => [
  {
    actions: ["cloudwatch:PutMetricData"],
    resources: ["*"],
    conditions: { StringEquals: { "cloudwatch:namespace": checkMetrics.namespace } },
  },
];

/** These actions have no resource type, so a policy that names one does not allow them. */
function onAnyDeployment(...actions: string[]): Statement {
  return { actions: actions.map((action) => `codedeploy:${action}`), resources: ["*"] };
}

function findDeployments(context: PipelineContext): Statement[] {
  return [
    {
      actions: ["codedeploy:ListDeployments", "codedeploy:BatchGetDeployments"],
      resources: [deploymentGroupArn(context)],
    },
  ];
}

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscodedeploy.html */
function deploymentGroupArn(context: PipelineContext): string {
  const { application, deploymentGroup } = context.service.blueGreen;
  const name = `${application.applicationName}/${deploymentGroup.deploymentGroupName}`;
  return arn(context, "codedeploy", `deploymentgroup:${name}`);
}
