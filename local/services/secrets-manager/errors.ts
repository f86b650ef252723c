import {
  InvalidParameterException,
  InvalidRequestException,
  ResourceExistsException,
  ResourceNotFoundException,
} from "@aws-sdk/client-secrets-manager";

const $metadata = {};

export const notFound = () =>
  new ResourceNotFoundException({ message: "Secrets Manager can't find the specified secret.", $metadata });

export const valueNotFound = (what: string) =>
  new ResourceNotFoundException({
    message: `Secrets Manager can't find the specified secret value for ${what}`,
    $metadata,
  });

export const exists = (message: string) => new ResourceExistsException({ message, $metadata });
export const invalidParameter = (message: string) => new InvalidParameterException({ message, $metadata });
export const invalidRequest = (message: string) => new InvalidRequestException({ message, $metadata });
