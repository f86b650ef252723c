import type { Cloud, Operations } from "#local/cloud/index.ts";

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
export function createOperations(cloud: Cloud): Operations<"sts"> {
  return {
    getCallerIdentity: (_input, { principal }) => ({
      Account: cloud.accountId,
      Arn: principal.arn,
      UserId: principal.arn.split("/").slice(1).join(":") || cloud.accountId,
    }),
  };
}
