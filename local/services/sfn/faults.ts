import { awsError, faultsOf } from "#local/cloud/index.ts";

export const fault = faultsOf("sfn");
// The client's class for it describes other cases.
export const invalidInput = (message: string) => awsError("ValidationException", message);
export const invalidToken = () => fault("InvalidToken", "Invalid Token: 'Invalid token'");
export const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
