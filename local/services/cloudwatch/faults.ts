import { faultsOf } from "#local/cloud/index.ts";

export const fault = faultsOf("cloudwatch");
export const invalidValue = (message: string) => fault("InvalidParameterValueException", message);
export const invalidCombination = (message: string) => fault("InvalidParameterCombinationException", message);
export const missingParameter = (message: string) => fault("MissingRequiredParameterException", message);
/** Thrown for an invalid alarm or expression. */
export const invalid = (message: string) => fault("ValidationException", message);
/** Supported by AWS, but not here. */
export const notSupported = (feature: string) =>
  invalid(`${feature} is not supported by the local cloud. Fix: leave it out.`);
