import type { CloudEvent, Cloud } from "#local/cloud/index.ts";
import type { DeploymentRecord } from "./store.ts";

export const arnOf = {
  application: (cloud: Cloud, name: string) => cloud.arn("codedeploy", `application:${name}`),
  // oxlint-disable-next-line max-params -- where, and the two parts of its name
  group: (cloud: Cloud, application: string, group: string) =>
    cloud.arn("codedeploy", `deploymentgroup:${application}/${group}`),
  config: (cloud: Cloud, name: string) => cloud.arn("codedeploy", `deploymentconfig:${name}`),
};

/** https://docs.aws.amazon.com/codedeploy/latest/userguide/monitoring-cloudwatch-events.html */
export function stateChange(
  cloud: Cloud,
  { id, application, group, groupId }: DeploymentRecord,
  state: "START" | "SUCCESS" | "FAILURE" | "STOP" | "READY",
): CloudEvent {
  return {
    source: "aws.codedeploy",
    detailType: "CodeDeploy Deployment State-change Notification",
    resources: [arnOf.application(cloud, application), arnOf.group(cloud, application, group)],
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
