import { ClientException, InvalidParameterException } from "@aws-sdk/client-ecs";

const $metadata = {};

export const clientException = (message: string) => new ClientException({ message, $metadata });
export const invalidParameter = (message: string) => new InvalidParameterException({ message, $metadata });
