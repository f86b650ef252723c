import type { Cloud } from "#local/cloud/index.ts";
import { followLines } from "#local/kernel/index.ts";
import { messageOf, StartFailure } from "./start-failure.ts";
import type { ContainerSettings } from "./task-definition.ts";

interface LogTarget {
  group: string;
  stream: string;
  roleArn: string;
}

export interface TaskLog {
  /** Delivers the remaining lines. */
  close(): Promise<void>;
}

const largestEvent = 256 * 1024 - 100;
const largestBatch = 900_000;
const retrySeconds = 2;

/** The log stream of a container; undefined without `logConfiguration`. */
export function logTarget(
  { name, logConfiguration }: ContainerSettings,
  taskId: string,
  roleArn: string,
): LogTarget | undefined {
  if (!logConfiguration) return undefined;
  const { "awslogs-group": group, "awslogs-stream-prefix": prefix } = logConfiguration.options;
  return { group, stream: `${prefix}/${name}/${taskId}`, roleArn };
}

/** Called before the container starts, as the log driver does. */
export async function createLogStream(cloud: Cloud, target: LogTarget, createGroup: boolean): Promise<void> {
  const { group, stream, roleArn } = target;
  const as = { roleArn };
  const ignoreExisting = (error: unknown) => {
    if (!(error instanceof Error) || error.name !== "ResourceAlreadyExistsException") throw error;
  };
  try {
    if (createGroup)
      await cloud.call("cloudwatch-logs", "createLogGroup", { logGroupName: group }, { as }).catch(ignoreExisting);
    const input = { logGroupName: group, logStreamName: stream };
    await cloud.call("cloudwatch-logs", "createLogStream", input, { as }).catch(ignoreExisting);
  } catch (error) {
    const what = `create stream has been retried 1 times: failed to create Cloudwatch log stream: ${messageOf(error)} : exit status 1`;
    throw new StartFailure("ResourceInitializationError", `failed to validate logger args: ${what}`);
  }
}

/**
 * Delivers the lines of a container to CloudWatch Logs as they are written. The offset is saved after delivery:
 * after a crash the last lines may be delivered twice; none is lost.
 */
export function shipLog(
  cloud: Cloud,
  target: LogTarget,
  source: { file: string; offset: number; saveOffset(offset: number): void },
): TaskLog {
  let sending = Promise.resolve();
  const follower = followLines(source.file, source.offset, (lines, nextOffset) => {
    const timestamp = cloud.clock.now();
    const before = sending;
    const next = async () => {
      await before;
      for (const messages of batches(lines)) await send(cloud, target, { messages, timestamp });
      if (!cloud.stopping.aborted) source.saveOffset(nextOffset);
    };
    sending = next();
  });
  const detach = () => follower.close();
  cloud.stopping.addEventListener("abort", detach, { once: true });
  return {
    async close() {
      cloud.stopping.removeEventListener("abort", detach);
      follower.close();
      await sending;
    },
  };
}

/** Lines are dropped after three failed attempts, as the log driver does. */
async function send(
  cloud: Cloud,
  { group, stream, roleArn }: LogTarget,
  { messages, timestamp }: { messages: string[]; timestamp: number },
): Promise<void> {
  const logEvents = messages.map((message) => ({ timestamp, message }));
  const input = { logGroupName: group, logStreamName: stream, logEvents };
  for (let attempt = 1; attempt <= 3 && !cloud.stopping.aborted; attempt += 1) {
    try {
      await cloud.call("cloudwatch-logs", "putLogEvents", input, { as: { roleArn } });
      return;
    } catch (error) {
      cloud.log("warn", "Log delivery failed", { group, stream, error: messageOf(error) });
      await new Promise<void>((resolve) => cloud.clock.afterLimit(retrySeconds, resolve));
    }
  }
}

function batches(lines: readonly string[]): string[][] {
  const result: string[][] = [];
  let size = largestBatch;
  // as AWS: CloudWatch Logs rejects empty messages, so the log driver skips empty lines.
  for (const message of lines.filter((line) => line !== "").flatMap(pieces)) {
    const bytes = Buffer.byteLength(message) + 26;
    if (size + bytes > largestBatch || (result.at(-1)?.length ?? 0) >= 10_000) {
      result.push([]);
      size = 0;
    }
    result.at(-1)?.push(message);
    size += bytes;
  }
  return result;
}

/** Splits a line that is longer than a log event may be. */
function pieces(line: string): string[] {
  if (Buffer.byteLength(line) <= largestEvent) return [line];
  const step = Math.floor(largestEvent / 4); // a character has four bytes at most
  return Array.from({ length: Math.ceil(line.length / step) }, (_, index) =>
    line.slice(index * step, (index + 1) * step),
  );
}
