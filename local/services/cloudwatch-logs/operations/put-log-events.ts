import type { Deps } from "../deps.ts";
import { invalidParameter } from "../faults.ts";
import { findGroup, findStream } from "../group-name.ts";
import type { Input, Operations } from "../reads.ts";
import { lineOverheadBytes } from "../store.ts";

const hour = 3600_000;
const maxBatchBytes = 1_048_576;
const maxBatchLines = 10_000;

export const putOperations = (deps: Deps) =>
  ({ putLogEvents: (input) => putLogEvents(deps, input) }) satisfies Partial<Operations>;

type Batch = Input<"putLogEvents">;

function putLogEvents({ cloud, store }: Deps, batch: Batch) {
  const group = findGroup(store, batch.logGroupName);
  const stream = findStream(store, batch.logGroupName, batch.logStreamName);
  const now = cloud.clock.now();
  const lines = linesOf(batch, now);
  const accepted = lines.filter(({ timestamp }) => timestamp <= now + 2 * hour && timestamp >= now - 14 * 24 * hour);
  if (accepted.length > 0) store.append(group, stream, accepted);
  if (accepted.length === lines.length) return {};
  const tooOldEnd = lines.findIndex(({ timestamp }) => timestamp >= now - 14 * 24 * hour);
  const tooNewStart = lines.findIndex(({ timestamp }) => timestamp > now + 2 * hour);
  return {
    rejectedLogEventsInfo: {
      tooOldLogEventEndIndex: tooOldEnd === 0 ? undefined : tooOldEnd < 0 ? lines.length : tooOldEnd,
      tooNewLogEventStartIndex: tooNewStart < 0 ? undefined : tooNewStart,
    },
  };
}

function linesOf({ logEvents }: Batch, ingestionTime: number) {
  const lines = logEvents.map(({ timestamp = 0, message = "" }) => ({ timestamp, message, ingestionTime }));
  const size = lines.reduce((sum, { message }) => sum + Buffer.byteLength(message) + lineOverheadBytes, 0);
  if (lines.length === 0 || lines.length > maxBatchLines || size > maxBatchBytes) {
    throw invalidParameter(
      `A batch holds 1 to ${maxBatchLines} log events and at most ${maxBatchBytes} bytes, not ${lines.length} and ${size}.`,
    );
  }
  if (lines.some(({ message }) => message === ""))
    throw invalidParameter("The message of a log event must not be empty.");
  if (lines.some((line, index) => line.timestamp < (lines[index - 1]?.timestamp ?? 0))) {
    throw invalidParameter("Log events in a single PutLogEvents request must be in chronological order.");
  }
  // as AWS: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
  if ((lines.at(-1)?.timestamp ?? 0) - (lines[0]?.timestamp ?? 0) > 24 * hour)
    throw invalidParameter("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");
  return lines;
}
