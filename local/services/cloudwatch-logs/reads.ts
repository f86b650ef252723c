import type { Clients, OperationInput, OperationOutput, Operations } from "#local/cloud/index.ts";
import { groupNotFound, invalidParameter, streamNotFound } from "./errors.ts";
import { filterOf } from "./filter-pattern.ts";
import { groupNameOf } from "./group-name.ts";
import type { LogStore, LogStream, PlacedLine } from "./store.ts";

type Logs = Clients["cloudwatch-logs"];

const longestAnswerLines = 10_000;

export function createReads(store: LogStore): Operations<"cloudwatch-logs"> {
  return {
    getLogEvents: (input) => getLogEvents(store, input),
    filterLogEvents: (input) => filterLogEvents(store, input),
  };
}

/**
 * Tokens are places in the stream: `f/N` reads on behind line N, `b/N` reads back before it. At an end the same token comes back.
 * differs from AWS: lines of a stream come in order of arrival, not of their timestamps.
 */
function getLogEvents(
  store: LogStore,
  input: OperationInput<Logs, "getLogEvents">,
): OperationOutput<Logs, "getLogEvents"> {
  const group = groupNameOf(input);
  if (!store.group(group)) throw groupNotFound();
  const stream = store.stream(group, input.logStreamName);
  if (!stream) throw streamNotFound();
  const limit = limitOf(input.limit);
  const [, direction = input.startFromHead ? "f" : "", place = "0"] = tokenParts(input.nextToken);
  const from = Number(place);
  const candidates = store.lines(group, stream, direction === "f" ? from : 0).filter(inTime(input));
  const before = direction === "b" ? candidates.filter(({ sequence }) => sequence < from) : candidates;
  const chosen = direction === "f" ? candidates.slice(0, limit) : before.slice(-limit);
  const first = chosen[0]?.sequence ?? (direction === "f" ? from + 1 : from);
  const last = chosen.at(-1)?.sequence ?? (direction === "b" ? from - 1 : from);
  return {
    events: chosen.map(({ timestamp, message, ingestionTime }) => ({ timestamp, message, ingestionTime })),
    nextForwardToken: `f/${last}`,
    nextBackwardToken: `b/${first}`,
  };
}

function tokenParts(token: string | undefined): readonly (string | undefined)[] {
  if (token === undefined) return [];
  const parts = /^([fb])\/(-?\d+)$/.exec(token);
  if (!parts) throw invalidParameter("The specified nextToken is invalid.");
  return parts;
}

function filterLogEvents(
  store: LogStore,
  input: OperationInput<Logs, "filterLogEvents">,
): OperationOutput<Logs, "filterLogEvents"> {
  const group = groupNameOf(input);
  if (!store.group(group)) throw groupNotFound();
  const matches = filterOf(input.filterPattern);
  const found = streamsOf(store, group, input)
    .flatMap((stream) =>
      linesInTime(store, { group, stream, input }).map((line) => ({ ...line, logStreamName: stream.name })),
    )
    .filter(({ message }) => matches(message))
    .toSorted((a, b) => (a.eventId < b.eventId ? -1 : 1));
  const { items, nextToken } = page(found, { ...input, limit: limitOf(input.limit) }, ({ eventId }) => eventId);
  const events = items.map(({ sequence: _sequence, ...event }) => event);
  return { events, searchedLogStreams: [], ...nextToken };
}

function streamsOf(store: LogStore, group: string, input: OperationInput<Logs, "filterLogEvents">): LogStream[] {
  const { logStreamNames, logStreamNamePrefix } = input;
  if (logStreamNames === undefined) return store.streams(group, logStreamNamePrefix);
  if (logStreamNamePrefix !== undefined) {
    throw invalidParameter("Only one of logStreamNames and logStreamNamePrefix can be given.");
  }
  return logStreamNames.map((name) => {
    const stream = store.stream(group, name);
    if (!stream) throw streamNotFound();
    return stream;
  });
}

interface TimeRange {
  startTime?: number | undefined;
  endTime?: number | undefined;
}

function linesInTime(
  store: LogStore,
  { group, stream, input }: { group: string; stream: LogStream; input: TimeRange },
): PlacedLine[] {
  // A stream that ended before the wanted time is not read at all: a page that follows the logs asks every second.
  const isOver = (stream.lastEventTimestamp ?? -1) < (input.startTime ?? 0);
  return isOver ? [] : store.lines(group, stream).filter(inTime(input));
}

/** as AWS: from `startTime` on, up to but not including `endTime`. */
const inTime =
  ({ startTime = 0, endTime = Infinity }: TimeRange) =>
  ({ timestamp }: PlacedLine) =>
    timestamp >= startTime && timestamp < endTime;

function limitOf(limit: number = longestAnswerLines): number {
  if (!Number.isInteger(limit) || limit < 1 || limit > longestAnswerLines) {
    throw invalidParameter(`limit must be 1 to ${longestAnswerLines}, not ${limit}.`);
  }
  return limit;
}

/** A page of a sorted list; the token is the key of its last item. */
export function page<T>(
  sorted: readonly T[],
  { limit = 50, nextToken }: { limit?: number | undefined; nextToken?: string | undefined },
  keyOf: (item: T) => string,
): { items: readonly T[]; nextToken: { nextToken?: string } } {
  const start = nextToken === undefined ? 0 : sorted.findIndex((item) => keyOf(item) === nextToken) + 1;
  if (nextToken !== undefined && start === 0) throw invalidParameter("The specified nextToken is invalid.");
  const items = sorted.slice(start, start + limit);
  const last = items.at(-1);
  return { items, nextToken: last && start + limit < sorted.length ? { nextToken: keyOf(last) } : {} };
}
