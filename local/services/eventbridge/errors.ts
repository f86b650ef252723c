import { InvalidEventPatternException, ResourceNotFoundException } from "@aws-sdk/client-eventbridge";
import { awsError } from "#local/cloud/index.ts";
import { InvalidPattern, parsePattern, type Pattern } from "./pattern.ts";

const $metadata = {};

export const invalid = (message: string) => awsError("ValidationException", message);

export const noSuchRule = (name: string) =>
  new ResourceNotFoundException({ message: `Rule ${name} does not exist on EventBus default.`, $metadata });

export function checkPattern(text: string): Pattern {
  try {
    return parsePattern(text);
  } catch (error) {
    if (!(error instanceof InvalidPattern)) throw error;
    throw new InvalidEventPatternException({ message: error.message, $metadata });
  }
}

const defaultBus = /^(default|arn:aws:events:[^:]+:\d+:event-bus\/default)$/;

/** There is the default bus alone. */
export function checkBus(name: string | undefined): void {
  if (name === undefined || defaultBus.test(name)) return;
  const bus = name.split("/").at(-1) ?? name;
  throw new ResourceNotFoundException({
    message: `Event bus ${bus} does not exist. The local cloud runs the default event bus alone.`,
    $metadata,
  });
}
