import { faultsOf } from "#local/cloud/index.ts";

export const fault = faultsOf("cloudwatch-logs");
export const invalidParameter = (message: string) => fault("InvalidParameterException", message);
