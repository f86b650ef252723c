import { AwsError } from "#local/wire/index.ts";

/** An error of AWS that the SDK has no class for, e.g. a general `ValidationException`. */
export const awsError = (name: string, message: string, status?: number): Error => new AwsError(name, message, status);
