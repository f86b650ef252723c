import { faultsOf } from "#local/cloud/index.ts";

export const fault = faultsOf("ecs");
export const clientException = (message: string) => fault("ClientException", message);
export const invalidParameter = (message: string) => fault("InvalidParameterException", message);
