import type { CloudEvent, Cloud } from "#local/cloud/index.ts";
import type { DeploymentRecord } from "./store.ts";

type InGroup = Pick<DeploymentRecord, "application" | "group">;

/** The resource part of a deployment group's ARN. */
export const groupResource = ({ application, group }: InGroup) => `deploymentgroup:${application}/${group}`;

export const groupArn = (cloud: Cloud, deployment: InGroup) => cloud.arn("codedeploy", groupResource(deployment));

/** https://docs.aws.amazon.com/codedeploy/latest/userguide/monitoring-cloudwatch-events.html */
export function stateChange(
  cloud: Cloud,
  deployment: DeploymentRecord,
  state: "START" | "SUCCESS" | "FAILURE" | "STOP" | "READY",
): CloudEvent {
  const { id, application, group, groupId } = deployment;
  return {
    source: "aws.codedeploy",
    detailType: "CodeDeploy Deployment State-change Notification",
    resources: [cloud.arn("codedeploy", `application:${application}`), groupArn(cloud, deployment)],
    detail: {
      region: cloud.region,
      deploymentId: id,
      instanceGroupId: groupId,
      deploymentGroup: group,
      application,
      state,
    },
  };
}
