import { type CloudWatchLogsClient, GetLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { hasName } from "../core/errors.ts";
import type { Redact } from "./redact.ts";

export interface LogPlace {
  readonly group: string;
  readonly stream: string;
}

const lineLimit = 20;
const lineLength = 300;

/** The last lines of a log and where to read on, for a person who has to find out why something failed. */
export async function logTail(logs: CloudWatchLogsClient, place: LogPlace, redact?: Redact): Promise<string> {
  const text = (await lastMessages(logs, place)).join("\n");
  // As a whole, before a line is cut: half a secret would not be found.
  const lines = (redact ? await redact(text) : text)
    .split(/\r?\n/)
    .map((line) => withoutCredentials(withoutControls(line)).trimEnd())
    .filter((line) => line !== "")
    .slice(-lineLimit)
    .map((line) => `  ${line.slice(0, lineLength)}`);
  const where = `Log group ${place.group}, stream ${place.stream}`;
  return lines.length === 0 ? `${where} holds no lines.` : `Last lines of the log:\n${lines.join("\n")}\n${where}`;
}

async function lastMessages(logs: CloudWatchLogsClient, { group, stream }: LogPlace): Promise<string[]> {
  const tail = { logGroupName: group, logStreamName: stream, limit: lineLimit, startFromHead: false };
  try {
    const { events = [] } = await logs.send(new GetLogEventsCommand(tail));
    return events.map(({ message = "" }) => message);
  } catch (error) {
    if (hasName(error, "ResourceNotFoundException")) return [];
    throw error;
  }
}

/** Terminal colours and other control characters say nothing in a cause. */
function withoutControls(line: string): string {
  // oxlint-disable-next-line no-control-regex -- these are the characters to take out
  return line.replaceAll(/\u001b\[[0-9;?]*[ -/]*[@-~]|[\u0000-\u0008\u000b-\u001f\u007f]/g, "");
}

/** The history of an execution is no place for a password that a program happened to print. */
export function withoutCredentials(line: string): string {
  return line
    .replaceAll(/(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s@]+@/gi, "$1:***@")
    .replaceAll(
      /((?:password|passwd|secret|token|api[-_]?key|authorization)["']?\s*[=:]\s*["']?)[^\s"',;}]+/gi,
      "$1***",
    );
}
