import { faultsOf } from "#local/cloud/index.ts";

const lambdaFault = faultsOf("lambda");

export const fault = (name: Parameters<typeof lambdaFault>[0], message: string, members: object = {}) =>
  lambdaFault(name, message, { Type: "User", ...members });
export const functionNotFound = (arn: string) => fault("ResourceNotFoundException", `Function not found: ${arn}`);
export const invalidParameter = (message: string) => fault("InvalidParameterValueException", message);
