import {
  InvalidFormatFault,
  InvalidParameterCombinationException,
  InvalidParameterValueException,
  MissingRequiredParameterException,
  ResourceNotFound,
  ValidationException,
} from "@aws-sdk/client-cloudwatch";

const $metadata = {};

export const invalidValue = (message: string) => new InvalidParameterValueException({ message, $metadata });
export const invalidCombination = (message: string) => new InvalidParameterCombinationException({ message, $metadata });
export const missingParameter = (message: string) => new MissingRequiredParameterException({ message, $metadata });
export const invalidState = (message: string) => new InvalidFormatFault({ message, $metadata });
export const alarmNotFound = (names: readonly string[]) =>
  new ResourceNotFound({ message: `Alarm ${names.join(", ")} does not exist.`, $metadata });

/** Thrown for an invalid alarm or expression. */
export const validationError = (message: string) => new ValidationException({ message, $metadata });

/** Supported by AWS, but not here. */
export const notSupported = (feature: string, fix = "Leave it out.") =>
  validationError(`${feature} is not supported by the local cloud. Fix: ${fix.charAt(0).toLowerCase()}${fix.slice(1)}`);
