import { awsError, faultsOf } from "#local/cloud/index.ts";

export const fault = faultsOf("rds");
// The client has no class for these.
export const invalidValue = (message: string) => awsError("InvalidParameterValue", message);
export const invalidCombination = (message: string) => awsError("InvalidParameterCombination", message);
