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
export const noSuchAlarm = (names: readonly string[]) =>
  new ResourceNotFound({ message: `There is no alarm ${names.join(", ")}.`, $metadata });

/** What PutMetricAlarm and GetMetricData say of an alarm or expression they do not accept. */
export const validationError = (message: string) => new ValidationException({ message, $metadata });

/** Known to AWS, unknown here. */
export const notSupported = (what: string) =>
  validationError(`${what} is not supported by the local cloud; see local/services/cloudwatch/README.md.`);
