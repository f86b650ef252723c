import {
  FilterLogEventsCommand,
  type FilteredLogEvent,
  GetLogEventsCommand,
  type LogStream,
  paginateDescribeLogStreams,
} from "@aws-sdk/client-cloudwatch-logs";
import type { Clients } from "./clients.ts";
import type { LogSource } from "./log-sources.ts";
import { unlessNamed } from "./unless-named.ts";

export interface LogLine {
  id: string;
  source: string;
  /** Milliseconds since 1970. */
  at: number;
  stream: string;
  message: string;
}

/** CloudWatch Logs makes lines available after seconds, and not in the order of their time. */
export const lateMilliseconds = 15_000;

interface LogRange {
  /** Milliseconds since 1970. */
  start: number;
  /** No further page of lines is read when there are as many. */
  limit?: number;
}

/** The lines of a log from a time on. A page may be empty although more follow. */
export async function readLog(
  { logs }: Clients,
  source: LogSource,
  { start: startTime, limit = Number.POSITIVE_INFINITY }: LogRange,
): Promise<LogLine[]> {
  const lines: LogLine[] = [];
  const { name, group, streams, end } = source;
  let nextToken: string | undefined;
  do {
    const input = { logGroupName: group, ...streams, startTime, endTime: end, nextToken };
    const page = await logs.send(new FilterLogEventsCommand(input)).catch(unlessNamed("ResourceNotFoundException"));
    lines.push(...(page?.events ?? []).map((event) => lineOf(name, event)));
    nextToken = page?.nextToken;
  } while (nextToken !== undefined && lines.length < limit);
  return lines;
}

function lineOf(source: string, event: FilteredLogEvent): LogLine {
  const { eventId: id = "", timestamp: at = 0, logStreamName: stream = "", message = "" } = event;
  return { id, source, at, stream, message };
}

const maxStreams = 10;

/** When the last `count` lines of a log begin; only a stream can be read from its end. */
export async function startOfLast({ logs }: Clients, source: LogSource, count: number): Promise<number> {
  const place = { logGroupName: source.group };
  if (!source.streams || !("logStreamNamePrefix" in source.streams)) return source.start;
  const streams: LogStream[] = [];
  try {
    for await (const page of paginateDescribeLogStreams({ client: logs }, { ...place, ...source.streams }))
      streams.push(...(page.logStreams ?? []));
  } catch (error) {
    unlessNamed("ResourceNotFoundException")(error);
  }
  const newest = streams.toSorted((a, b) => (b.creationTime ?? 0) - (a.creationTime ?? 0)).slice(0, maxStreams);
  const tails = await Promise.all(
    newest.map(async ({ logStreamName }) => {
      const tail = { ...place, logStreamName, limit: count, startFromHead: false };
      const { events = [] } = await logs.send(new GetLogEventsCommand(tail));
      return events.map(({ timestamp = 0 }) => timestamp);
    }),
  );
  const times = tails.flat().toSorted((a, b) => a - b);
  return times.at(-count) ?? times[0] ?? source.start;
}
