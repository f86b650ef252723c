import type { Cloud } from "#local/cloud/index.ts";

/** The log stream of one execution environment. */
export interface FunctionLog {
  readonly streamName: string;
  write(text: string): void;
  /** Resolves when all lines so far were sent to CloudWatch Logs, or rejected. */
  flush(): Promise<void>;
}

interface LogDestination {
  logGroupName: string;
  /** as AWS: the function writes with its own role; without permission its lines are lost. */
  roleArn: string;
}

const maxBatchLines = 1000;

export function openFunctionLog(cloud: Cloud, { logGroupName, roleArn }: LogDestination): FunctionLog {
  const day = new Date(cloud.clock.now()).toISOString().slice(0, 10).replaceAll("-", "/");
  const streamName = `${day}/[$LATEST]${cloud.ids.hex(32)}`;
  const as = { roleArn };
  let pending: { timestamp: number; message: string }[] = [];
  let sending = Promise.resolve();
  let isOpen: Promise<boolean> | undefined;

  const reportLost = (error: unknown) =>
    cloud.log("warn", "Function log lines lost", { logGroupName, error: messageOf(error) });
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
      reportLost(error);
      return false;
    }
  };
  const send = async () => {
    while (pending.length > 0) {
      const logEvents = pending.slice(0, maxBatchLines);
      pending = pending.slice(maxBatchLines);
      if (!(await (isOpen ??= open()))) continue;
      const batch = { logGroupName, logStreamName: streamName, logEvents };
      await cloud.call("cloudwatch-logs", "putLogEvents", batch, { as }).catch((error: unknown) => {
        reportLost(error);
      });
    }
  };
  const flush = () => (sending = sending.then(send));
  return {
    streamName,
    write(text) {
      if (pending.length === 0) setImmediate(() => void flush());
      pending.push({ timestamp: cloud.clock.now(), message: text || " " });
    },
    flush,
  };
}

const nameOf = (error: unknown) => (error instanceof Error ? error.name : "");
const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
