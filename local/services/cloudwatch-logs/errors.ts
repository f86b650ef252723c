import {
  InvalidParameterException,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
} from "@aws-sdk/client-cloudwatch-logs";

export const invalidParameter = (message: string) => new InvalidParameterException({ message, $metadata: {} });

export const groupNotFound = () =>
  new ResourceNotFoundException({ message: "The specified log group does not exist.", $metadata: {} });

export const streamNotFound = () =>
  new ResourceNotFoundException({ message: "The specified log stream does not exist.", $metadata: {} });

export const alreadyExists = (what: "group" | "stream") =>
  new ResourceAlreadyExistsException({ message: `The specified log ${what} already exists`, $metadata: {} });
