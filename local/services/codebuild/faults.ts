import { faultsOf } from "#local/cloud/index.ts";

export const fault = faultsOf("codebuild");
export const invalidInput = (message: string) => fault("InvalidInputException", message);
