import type { Cloud } from "#local/cloud/index.ts";

type Arns = Pick<Cloud, "arn">;

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscodedeploy.html */
export const applicationArn = (cloud: Arns, name: string) => cloud.arn("codedeploy", `application:${name}`);
export const groupArn = (cloud: Arns, application: string, name: string) =>
  cloud.arn("codedeploy", `deploymentgroup:${application}/${name}`);
export const configArn = (cloud: Arns, name: string) => cloud.arn("codedeploy", `deploymentconfig:${name}`);
