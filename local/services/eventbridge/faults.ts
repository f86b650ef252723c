import { InvalidEventPatternException, ResourceNotFoundException } from "@aws-sdk/client-eventbridge";
import { awsError } from "#local/cloud/index.ts";
import { InvalidEventPattern, parsePattern, type Pattern } from "./pattern.ts";

const $metadata = {};

export const invalid = (message: string) => awsError("ValidationException", message);

export const ruleNotFound = (name: string) =>
  new ResourceNotFoundException({ message: `Rule ${name} does not exist on EventBus default.`, $metadata });

export function checkPattern(text: string): Pattern {
  try {
    return parsePattern(text);
  } catch (error) {
    if (!(error instanceof InvalidEventPattern)) throw error;
    throw new InvalidEventPatternException({ message: error.message, $metadata });
  }
}

const defaultBus = /^(default|arn:aws:events:[^:]+:\d+:event-bus\/default)$/;

/** Only the default bus exists. */
export function checkBus(name: string | undefined): void {
  if (name === undefined || defaultBus.test(name)) return;
  const bus = name.split("/").at(-1) ?? name;
  throw new ResourceNotFoundException({
    message: `Event bus ${bus} does not exist. The local cloud has the default event bus only.`,
    $metadata,
  });
}
