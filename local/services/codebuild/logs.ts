import type { Cloud } from "#local/cloud/index.ts";
import type { ProgressEntry } from "./progress.ts";
import type { BuildRecord } from "./store.ts";

const largestBatch = 1_000;

/** Creates the build's log stream, and its group if it is missing, as the service role. */
export async function openLogStream(cloud: Cloud, { project, logs }: BuildRecord): Promise<void> {
  if (!logs) return;
  const as = { roleArn: project.serviceRole };
  const { groupName: logGroupName, streamName: logStreamName } = logs;
  const createStream = () => cloud.call("cloudwatch-logs", "createLogStream", { logGroupName, logStreamName }, { as });
  try {
    await createStream();
  } catch (error) {
    if (nameOf(error) === "ResourceAlreadyExistsException") return;
    if (nameOf(error) !== "ResourceNotFoundException") throw error;
    await cloud.call("cloudwatch-logs", "createLogGroup", { logGroupName }, { as });
    await createStream();
  }
}

/** Delivers lines to CloudWatch Logs. as AWS: a failed delivery does not fail the build. */
export async function deliverLogs(
  cloud: Cloud,
  { id, project, logs }: BuildRecord,
  entries: readonly ProgressEntry[],
): Promise<void> {
  if (!logs) return;
  const events = entries.flatMap((entry) =>
    entry.kind === "log" ? [{ timestamp: entry.at, message: entry.text === "" ? " " : entry.text }] : [],
  );
  const { groupName: logGroupName, streamName: logStreamName } = logs;
  for (let start = 0; start < events.length; start += largestBatch) {
    const logEvents = events.slice(start, start + largestBatch);
    try {
      const input = { logGroupName, logStreamName, logEvents };
      await cloud.call("cloudwatch-logs", "putLogEvents", input, { as: { roleArn: project.serviceRole } });
    } catch (error) {
      cloud.log("warn", "Log delivery failed", { build: id, error: String(error) });
    }
  }
}

const nameOf = (error: unknown) => (error instanceof Error ? error.name : "");
