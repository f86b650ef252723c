import type { Store } from "#local/kernel/index.ts";

export interface LogGroup {
  name: string;
  creationTime: number;
  retentionInDays?: number;
  storedBytes: number;
  /** How many streams were ever created in it: numbers them. */
  streamCount: number;
}

export interface LogStream {
  name: string;
  number: number;
  creationTime: number;
  firstEventTimestamp?: number;
  lastEventTimestamp?: number;
  lastIngestionTime?: number;
}

/** A line as it is stored. */
export interface LogLine {
  timestamp: number;
  ingestionTime: number;
  message: string;
}

/** A line with its place: the sequence in its stream, and an id that sorts by time over all streams of a group. */
export interface PlacedLine extends LogLine {
  sequence: number;
  eventId: string;
}

export type LogStore = ReturnType<typeof openStore>;

/** Groups and streams as records, the lines of each stream in a journal of its own. */
export function openStore(store: Store) {
  const groups = store.collection<LogGroup>("cloudwatch-logs.groups");
  const streams = store.collection<LogStream>("cloudwatch-logs.streams");
  const lines = store.journal<LogLine>("cloudwatch-logs.lines");
  const key = (group: string, stream: string) => `${group}\n${stream}`;
  const listStreams = (group: string, prefix = "") => streams.list(key(group, prefix));
  return {
    group: (name: string) => groups.get(name),
    groups: (prefix = "") => groups.list(prefix),
    putGroup: (group: LogGroup) => groups.put(group.name, group),
    deleteGroup: (name: string) =>
      store.transaction(() => {
        for (const stream of listStreams(name)) {
          lines.delete(key(name, stream.name));
          streams.delete(key(name, stream.name));
        }
        groups.delete(name);
      }),
    stream: (group: string, name: string) => streams.get(key(group, name)),
    streams: listStreams,
    addStream: (group: LogGroup, name: string, now: number) =>
      store.transaction(() => {
        const number = group.streamCount + 1;
        groups.put(group.name, { ...group, streamCount: number });
        streams.put(key(group.name, name), { name, number, creationTime: now });
      }),
    deleteStream: (group: string, name: string) =>
      store.transaction(() => {
        lines.delete(key(group, name));
        streams.delete(key(group, name));
      }),
    append: (group: LogGroup, stream: LogStream, added: readonly LogLine[]) =>
      store.transaction(() => {
        lines.append(key(group.name, stream.name), ...added);
        const times = added.map(({ timestamp }) => timestamp);
        const size = added.reduce((sum, { message }) => sum + Buffer.byteLength(message) + lineOverheadBytes, 0);
        groups.put(group.name, { ...group, storedBytes: group.storedBytes + size });
        streams.put(key(group.name, stream.name), {
          ...stream,
          firstEventTimestamp: Math.min(stream.firstEventTimestamp ?? Infinity, ...times),
          lastEventTimestamp: Math.max(stream.lastEventTimestamp ?? 0, ...times),
          lastIngestionTime: Math.max(...added.map(({ ingestionTime }) => ingestionTime)),
        });
      }),
    lines: (group: string, stream: LogStream, after = 0): PlacedLine[] =>
      lines.read(key(group, stream.name), after).map((line, index) => {
        const sequence = after + index + 1;
        return { ...line, sequence, eventId: eventId(line.timestamp, stream.number, sequence) };
      }),
  };
}

/** as AWS: what a line counts in addition to its text. */
export const lineOverheadBytes = 26;

const eventId = (timestamp: number, stream: number, sequence: number) =>
  `${pad(timestamp, 15)}${pad(stream, 8)}${pad(sequence, 12)}`;

const pad = (value: number, length: number) => String(value).padStart(length, "0");
