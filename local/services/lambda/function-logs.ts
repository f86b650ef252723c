import type { Cloud } from "#local/cloud/index.ts";

/** Where the lines of one sandbox go. */
export interface FunctionLog {
  readonly streamName: string;
  write(text: string): void;
  /** Resolves when what was written so far is in CloudWatch Logs, or was refused there. */
  flush(): Promise<void>;
}

interface LogPlace {
  logGroupName: string;
  /** as AWS: the function writes with its own role; without the permissions its lines are lost. */
  roleArn: string;
}

const longestBatchLines = 1000;

export function openFunctionLog(cloud: Cloud, { logGroupName, roleArn }: LogPlace): FunctionLog {
  const day = new Date(cloud.clock.now()).toISOString().slice(0, 10).replaceAll("-", "/");
  const streamName = `${day}/[$LATEST]${cloud.ids.hex(32)}`;
  const as = { roleArn };
  let waiting: { timestamp: number; message: string }[] = [];
  let sending = Promise.resolve();
  let isOpen: Promise<boolean> | undefined;

  const open = async () => {
    const stream = { logGroupName, logStreamName: streamName };
    const createStream = () => cloud.call("cloudwatch-logs", "createLogStream", stream, { as });
    try {
      await createStream().catch(async (error: unknown) => {
        if (nameOf(error) !== "ResourceNotFoundException") throw error;
        await cloud.call("cloudwatch-logs", "createLogGroup", { logGroupName }, { as });
        await createStream();
      });
      return true;
    } catch (error) {
      cloud.log("warn", `The lines of a function are lost: ${messageOf(error)}`, { logGroupName });
      return false;
    }
  };
  const send = async () => {
    while (waiting.length > 0) {
      const logEvents = waiting.slice(0, longestBatchLines);
      waiting = waiting.slice(longestBatchLines);
      if (!(await (isOpen ??= open()))) continue;
      const batch = { logGroupName, logStreamName: streamName, logEvents };
      await cloud.call("cloudwatch-logs", "putLogEvents", batch, { as }).catch((error: unknown) => {
        cloud.log("warn", `The lines of a function are lost: ${messageOf(error)}`, { logGroupName });
      });
    }
  };
  const flush = () => (sending = sending.then(send));
  return {
    streamName,
    write(text) {
      if (waiting.length === 0) setImmediate(() => void flush());
      waiting.push({ timestamp: cloud.clock.now(), message: text || " " });
    },
    flush,
  };
}

const nameOf = (error: unknown) => (error instanceof Error ? error.name : "");
const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
