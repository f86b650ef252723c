import { faultsOf } from "#local/cloud/index.ts";

export const fault = faultsOf("secrets-manager");
export const invalidParameter = (message: string) => fault("InvalidParameterException", message);
export const invalidRequest = (message: string) => fault("InvalidRequestException", message);
