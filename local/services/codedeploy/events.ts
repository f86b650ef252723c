import type { Cloud, CloudEvent } from "#local/cloud/index.ts";
import { applicationArn, groupArn } from "./arns.ts";
import type { Deployment } from "./store.ts";

export type State = "START" | "SUCCESS" | "FAILURE" | "STOP" | "READY";

/** https://docs.aws.amazon.com/codedeploy/latest/userguide/monitoring-cloudwatch-events.html */
export function stateChange(
  cloud: Cloud,
  { id, application, group }: Deployment,
  groupId: string,
  state: State,
): CloudEvent {
  return {
    source: "aws.codedeploy",
    detailType: "CodeDeploy Deployment State-change Notification",
    resources: [groupArn(cloud, application, group), applicationArn(cloud, application)],
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
