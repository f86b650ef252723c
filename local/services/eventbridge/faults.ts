import { awsError, faultsOf } from "#local/cloud/index.ts";
import { InvalidEventPattern, parsePattern, type Pattern } from "./pattern.ts";

const fault = faultsOf("eventbridge");

// The client has no class for it.
export const invalid = (message: string) => awsError("ValidationException", message);

export const ruleNotFound = (name: string) =>
  fault("ResourceNotFoundException", `Rule ${name} does not exist on EventBus default.`);

export function checkPattern(text: string): Pattern {
  try {
    return parsePattern(text);
  } catch (error) {
    if (!(error instanceof InvalidEventPattern)) throw error;
    throw fault("InvalidEventPatternException", error.message);
  }
}

const defaultBus = /^(default|arn:aws:events:[^:]+:\d+:event-bus\/default)$/;

/** Only the default bus exists. */
export function checkBus(name: string | undefined): void {
  if (name === undefined || defaultBus.test(name)) return;
  const bus = name.split("/").at(-1) ?? name;
  throw fault(
    "ResourceNotFoundException",
    `Event bus ${bus} does not exist. The local cloud has the default event bus only.`,
  );
}
