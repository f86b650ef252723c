import { type CloudWatchLogsClient, GetLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { hasName } from "../core/errors.ts";
import { isErrorMessage } from "./find-cause.ts";
import type { Redact } from "./redact.ts";

export interface LogPlace {
  readonly group: string;
  readonly stream: string;
}

const lineLimit = 20;
const lineLength = 300;
/** Enough to hold the message of an error before its stack trace and its fields. */
const readLimit = 100;

interface Tail {
  readonly redact?: Redact;
  /** How many of the last events are read. */
  readonly events?: number;
  /** The lines that are kept. */
  readonly select?: (lines: readonly string[]) => readonly string[];
}

/** The last lines of a log, with the message of its last error, and where to find the rest. */
export async function logTail(logs: CloudWatchLogsClient, place: LogPlace, tail: Tail = {}): Promise<string> {
  return describeTail(await readTail(logs, place, tail), place, tail);
}

/** The last lines of a log, as they may be shown. */
export async function readTail(
  logs: CloudWatchLogsClient,
  place: LogPlace,
  { redact, events = readLimit }: Tail = {},
): Promise<string[]> {
  const text = (await lastMessages(logs, place, events)).join("\n");
  // Redacted as a whole before lines are cut: a part of a secret would not be found.
  return (redact ? await redact(text) : text)
    .split(/\r?\n/)
    .map((line) => withoutCredentials(withoutControls(line)).trimEnd())
    .filter((line) => line !== "");
}

export function describeTail(lines: readonly string[], place: LogPlace, { select = lastLines }: Tail = {}): string {
  const tail = select(lines).map((line) => `  ${line.slice(0, lineLength)}`);
  const where = `Log group ${place.group}, stream ${place.stream}`;
  return tail.length === 0 ? `${where} is empty.` : `From the log:\n${tail.join("\n")}\n${where}`;
}

/** Also the stack trace of an error, or the fields that Node.js prints after it, may be longer than the tail. */
function lastLines(lines: readonly string[]): string[] {
  const tail = lines.slice(-lineLimit);
  const earlier = lines.slice(0, -lineLimit);
  const message = tail.some(isErrorMessage) ? undefined : earlier.findLast(isErrorMessage);
  return message === undefined ? tail : [message, "…", ...tail.slice(2)];
}

async function lastMessages(logs: CloudWatchLogsClient, { group, stream }: LogPlace, limit: number): Promise<string[]> {
  const tail = { logGroupName: group, logStreamName: stream, limit, startFromHead: false };
  try {
    const { events = [] } = await logs.send(new GetLogEventsCommand(tail));
    return events.map(({ message = "" }) => message);
  } catch (error) {
    if (hasName(error, "ResourceNotFoundException")) return [];
    throw error;
  }
}

/** Terminal colours and other control characters. */
function withoutControls(line: string): string {
  // oxlint-disable-next-line no-control-regex -- these are the characters to remove
  return line.replaceAll(/\u001b\[[0-9;?]*[ -/]*[@-~]|[\u0000-\u0008\u000b-\u001f\u007f]/g, "");
}

/** Redacts passwords that a program printed: the history of an execution must not contain them. */
export function withoutCredentials(line: string): string {
  return line
    .replaceAll(/(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s@]+@/gi, "$1:***@")
    .replaceAll(
      /((?:password|passwd|secret|token|api[-_]?key|authorization)["']?\s*[=:]\s*["']?)[^\s"',;}]+/gi,
      "$1***",
    );
}
