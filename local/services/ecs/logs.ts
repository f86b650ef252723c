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
  /** Hands on what is left. */
  close(): Promise<void>;
}

const largestEvent = 256 * 1024 - 100;
const largestBatch = 900_000;
const retrySeconds = 2;

/** Where a container logs to; undefined when it does not. */
export function logTarget(
  { name, logConfiguration }: ContainerSettings,
  taskId: string,
  roleArn: string,
): LogTarget | undefined {
  if (!logConfiguration) return undefined;
  const { "awslogs-group": group, "awslogs-stream-prefix": prefix } = logConfiguration.options;
  return { group, stream: `${prefix}/${name}/${taskId}`, roleArn };
}

/** Made before the container starts, as the log driver does. */
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
 * Hands the lines of a container to CloudWatch Logs as they come. The offset is kept once they are there:
 * after a crash the last lines may come twice, none is lost.
 */
export function shipLog(
  cloud: Cloud,
  target: LogTarget,
  source: { file: string; offset: number; keepOffset(offset: number): void },
): TaskLog {
  let sending = Promise.resolve();
  const follower = followLines(source.file, source.offset, (lines, nextOffset) => {
    const timestamp = cloud.clock.now();
    const before = sending;
    const next = async () => {
      await before;
      for (const messages of batches(lines)) await send(cloud, target, { messages, timestamp });
      if (!cloud.stopping.aborted) source.keepOffset(nextOffset);
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

/** After three attempts it gives up: the log driver would have lost the lines too. */
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
      cloud.log("warn", "Lines of a task did not reach CloudWatch Logs", { group, stream, error: messageOf(error) });
      await new Promise<void>((resolve) => cloud.clock.afterLimit(retrySeconds, resolve));
    }
  }
}

function batches(lines: readonly string[]): string[][] {
  const made: string[][] = [];
  let size = largestBatch;
  // as AWS: an event without a message is refused, so the log driver leaves empty lines out.
  for (const message of lines.filter((line) => line !== "").flatMap(pieces)) {
    const bytes = Buffer.byteLength(message) + 26;
    if (size + bytes > largestBatch || (made.at(-1)?.length ?? 0) >= 10_000) {
      made.push([]);
      size = 0;
    }
    made.at(-1)?.push(message);
    size += bytes;
  }
  return made;
}

/** A line longer than an event may be, in several. */
function pieces(line: string): string[] {
  if (Buffer.byteLength(line) <= largestEvent) return [line];
  const step = Math.floor(largestEvent / 4); // a character has four bytes at most
  return Array.from({ length: Math.ceil(line.length / step) }, (_, index) =>
    line.slice(index * step, (index + 1) * step),
  );
}
