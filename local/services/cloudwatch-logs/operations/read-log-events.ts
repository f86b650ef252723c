import type { Deps } from "../deps.ts";
import { invalidParameter } from "../faults.ts";
import { filterOf } from "../filter-pattern.ts";
import { findGroup, findStream, groupNameOf } from "../group-name.ts";
import type { Input, Operations } from "../reads.ts";
import type { LogStore, LogStream, PlacedLine } from "../store.ts";

const maxLines = 10_000;

export const readOperations = ({ store }: Deps) =>
  ({
    getLogEvents: (input) => getLogEvents(store, input),
    filterLogEvents: (input) => filterLogEvents(store, input),
  }) satisfies Partial<Operations>;

/**
 * Tokens are places in the stream: `f/N` reads forward after line N, `b/N` backward before it. At an end the token stays the same.
 * differs from AWS: lines of a stream come in order of arrival, not of their timestamps.
 */
function getLogEvents(store: LogStore, input: Input<"getLogEvents">) {
  const group = findGroup(store, groupNameOf(input)).name;
  const stream = findStream(store, group, input.logStreamName);
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

function filterLogEvents(store: LogStore, input: Input<"filterLogEvents">) {
  const group = findGroup(store, groupNameOf(input)).name;
  const matches = filterOf(input.filterPattern);
  const lines = streamsOf(store, group, input)
    .flatMap((stream) =>
      linesInTime(store, { group, stream, input }).map((line) => ({ ...line, logStreamName: stream.name })),
    )
    .filter(({ message }) => matches(message))
    .toSorted((a, b) => (a.eventId < b.eventId ? -1 : 1));
  return { events: lines.map(({ sequence: _sequence, ...event }) => event), searchedLogStreams: [] };
}

function streamsOf(store: LogStore, group: string, input: Input<"filterLogEvents">): LogStream[] {
  const { logStreamNames, logStreamNamePrefix } = input;
  if (logStreamNames === undefined) return store.streams(group, logStreamNamePrefix);
  if (logStreamNamePrefix !== undefined) {
    throw invalidParameter("logStreamNames and logStreamNamePrefix cannot be used together.");
  }
  return logStreamNames.map((name) => findStream(store, group, name));
}

interface TimeRange {
  startTime?: number | undefined;
  endTime?: number | undefined;
}

function linesInTime(
  store: LogStore,
  { group, stream, input }: { group: string; stream: LogStream; input: TimeRange },
): PlacedLine[] {
  // A stream that ended before the time range is not read at all: clients that follow logs poll every second.
  const isOver = (stream.lastEventTimestamp ?? -1) < (input.startTime ?? 0);
  return isOver ? [] : store.lines(group, stream).filter(inTime(input));
}

/** as AWS: `startTime` is included, `endTime` is not. */
const inTime =
  ({ startTime = 0, endTime = Infinity }: TimeRange) =>
  ({ timestamp }: PlacedLine) =>
    timestamp >= startTime && timestamp < endTime;

function limitOf(limit: number = maxLines): number {
  if (!Number.isInteger(limit) || limit < 1 || limit > maxLines) {
    throw invalidParameter(`limit must be 1 to ${maxLines}, not ${limit}.`);
  }
  return limit;
}
