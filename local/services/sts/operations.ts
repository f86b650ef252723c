import type { Cloud } from "#local/cloud/index.ts";
import type { Operations } from "./reads.ts";

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
export const createOperations = (cloud: Cloud): Operations => ({
  getCallerIdentity: (_input, { principal }) => ({
    Account: cloud.accountId,
    Arn: principal.arn,
    UserId: principal.arn.split("/").slice(1).join(":") || cloud.accountId,
  }),
});
