import type { Clients, Cloud, OperationInput, OperationOutput, Operations } from "#local/cloud/index.ts";
import { alreadyExists, groupNotFound, invalidParameter, streamNotFound } from "./errors.ts";
import { groupNameOf } from "./group-name.ts";
import { createReads, page } from "./reads.ts";
import { lineOverheadBytes, type LogGroup, type LogStore, type LogStream } from "./store.ts";

type Logs = Clients["cloudwatch-logs"];

const hour = 3600_000;
const longestBatchBytes = 1_048_576;
const longestBatchLines = 10_000;

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/ */
export function createOperations(cloud: Cloud, store: LogStore): Operations<"cloudwatch-logs"> {
  return {
    createLogGroup({ logGroupName, kmsKeyId, logGroupClass = "STANDARD" }) {
      if (!/^[\w./#-]{1,512}$/.test(logGroupName)) {
        throw invalidParameter(`Log group name "${logGroupName}" must be 1 to 512 of a-z A-Z 0-9 . _ - / #`);
      }
      if (kmsKeyId !== undefined || logGroupClass !== "STANDARD") {
        throw invalidParameter("Here a log group is of class STANDARD and without a KMS key.");
      }
      if (store.group(logGroupName)) throw alreadyExists("group");
      store.putGroup({ name: logGroupName, creationTime: cloud.clock.now(), storedBytes: 0, streamCount: 0 });
      return {};
    },
    deleteLogGroup({ logGroupName }) {
      if (!store.group(logGroupName)) throw groupNotFound();
      store.deleteGroup(logGroupName);
      return {};
    },
    createLogStream({ logGroupName, logStreamName }) {
      if (!/^[^:*]{1,512}$/.test(logStreamName)) {
        throw invalidParameter(`Log stream name "${logStreamName}" must be 1 to 512 characters without : and *`);
      }
      const group = store.group(logGroupName);
      if (!group) throw groupNotFound();
      if (store.stream(logGroupName, logStreamName)) throw alreadyExists("stream");
      store.addStream(group, logStreamName, cloud.clock.now());
      return {};
    },
    deleteLogStream({ logGroupName, logStreamName }) {
      if (!store.group(logGroupName)) throw groupNotFound();
      if (!store.stream(logGroupName, logStreamName)) throw streamNotFound();
      store.deleteStream(logGroupName, logStreamName);
      return {};
    },
    putLogEvents: (input) => putLogEvents(cloud, store, input),
    describeLogGroups: (input) => describeLogGroups(cloud, store, input),
    describeLogStreams: (input) => describeLogStreams(cloud, store, input),
    ...createReads(store),
  };
}

type Batch = OperationInput<Logs, "putLogEvents">;

function putLogEvents(cloud: Cloud, store: LogStore, batch: Batch): OperationOutput<Logs, "putLogEvents"> {
  const group = store.group(batch.logGroupName);
  if (!group) throw groupNotFound();
  const stream = store.stream(batch.logGroupName, batch.logStreamName);
  if (!stream) throw streamNotFound();
  const now = cloud.clock.now();
  const lines = linesOf(batch, now);
  const accepted = lines.filter(({ timestamp }) => timestamp <= now + 2 * hour && timestamp >= now - 14 * 24 * hour);
  if (accepted.length > 0) store.append(group, stream, accepted);
  if (accepted.length === lines.length) return {};
  const tooOldEnd = lines.findIndex(({ timestamp }) => timestamp >= now - 14 * 24 * hour);
  const tooNewStart = lines.findIndex(({ timestamp }) => timestamp > now + 2 * hour);
  return {
    rejectedLogEventsInfo: {
      ...(tooOldEnd === 0 ? {} : { tooOldLogEventEndIndex: tooOldEnd < 0 ? lines.length : tooOldEnd }),
      ...(tooNewStart < 0 ? {} : { tooNewLogEventStartIndex: tooNewStart }),
    },
  };
}

function linesOf({ logEvents }: Batch, ingestionTime: number) {
  const lines = logEvents.map(({ timestamp = 0, message = "" }) => ({ timestamp, message, ingestionTime }));
  const size = lines.reduce((sum, { message }) => sum + Buffer.byteLength(message) + lineOverheadBytes, 0);
  if (lines.length === 0 || lines.length > longestBatchLines || size > longestBatchBytes) {
    throw invalidParameter(
      `A batch holds 1 to ${longestBatchLines} log events and at most ${longestBatchBytes} bytes, not ${lines.length} and ${size}.`,
    );
  }
  if (lines.some(({ message }) => message === ""))
    throw invalidParameter("The message of a log event must not be empty.");
  if (lines.some((line, index) => line.timestamp < (lines[index - 1]?.timestamp ?? 0))) {
    throw invalidParameter("Log events in a single PutLogEvents request must be in chronological order.");
  }
  return lines;
}

function describeLogGroups(
  cloud: Cloud,
  store: LogStore,
  input: OperationInput<Logs, "describeLogGroups">,
): OperationOutput<Logs, "describeLogGroups"> {
  const pattern = input.logGroupNamePattern?.toLowerCase();
  const matching = store
    .groups(input.logGroupNamePrefix)
    .filter(({ name }) => pattern === undefined || name.toLowerCase().includes(pattern));
  const { items, nextToken } = page(matching, input, ({ name }) => name);
  return { logGroups: items.map((group) => describeGroup(cloud, group)), ...nextToken };
}

function describeGroup(cloud: Cloud, { name, creationTime, retentionInDays, storedBytes }: LogGroup) {
  const logGroupArn = cloud.arn("logs", `log-group:${name}`);
  return {
    logGroupName: name,
    logGroupArn,
    arn: `${logGroupArn}:*`,
    creationTime,
    metricFilterCount: 0,
    storedBytes,
    logGroupClass: "STANDARD" as const,
    ...(retentionInDays === undefined ? {} : { retentionInDays }),
  };
}

function describeLogStreams(
  cloud: Cloud,
  store: LogStore,
  input: OperationInput<Logs, "describeLogStreams">,
): OperationOutput<Logs, "describeLogStreams"> {
  const group = groupNameOf(input);
  if (!store.group(group)) throw groupNotFound();
  const byTime = input.orderBy === "LastEventTime";
  if (byTime && input.logStreamNamePrefix !== undefined) {
    throw invalidParameter("Cannot order by LastEventTime with a logStreamNamePrefix.");
  }
  const sortKey = (stream: LogStream) =>
    byTime ? `${String(stream.lastEventTimestamp ?? 0).padStart(15, "0")}/${stream.name}` : stream.name;
  const sorted = store.streams(group, input.logStreamNamePrefix).toSorted((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
  const { items, nextToken } = page(input.descending ? sorted.toReversed() : sorted, input, sortKey);
  const arn = ({ name }: LogStream) => cloud.arn("logs", `log-group:${group}:log-stream:${name}`);
  return {
    logStreams: items.map((stream) => {
      const { name, number: _number, ...times } = stream;
      return { logStreamName: name, arn: arn(stream), storedBytes: 0, ...times };
    }),
    ...nextToken,
  };
}
