import {
  InvalidParameterValueException,
  InvalidRequestContentException,
  RequestTooLargeException,
  ResourceConflictException,
  ResourceNotFoundException,
  TooManyRequestsException,
} from "@aws-sdk/client-lambda";

const Type = "User";
const $metadata = {};

export const functionNotFound = (arn: string) =>
  new ResourceNotFoundException({
    message: `Function not found: ${arn}`,
    Message: `Function not found: ${arn}`,
    Type,
    $metadata,
  });

export const functionExists = (name: string) =>
  new ResourceConflictException({ message: `Function already exist: ${name}`, Type, $metadata });

export const invalidParameter = (message: string) => new InvalidParameterValueException({ message, Type, $metadata });

export const notJson = (cause: string) =>
  new InvalidRequestContentException({ message: `Could not parse request body into json: ${cause}`, Type, $metadata });

export const tooLarge = (size: number, limit: number) =>
  new RequestTooLargeException({
    message: `${size} byte payload is too large for the Invoke operation (limit ${limit} bytes)`,
    Type,
    $metadata,
  });

export const rateExceeded = () =>
  new TooManyRequestsException({
    message: "Rate Exceeded.",
    Reason: "ReservedFunctionConcurrentInvocationLimitExceeded",
    Type,
    $metadata,
  });
