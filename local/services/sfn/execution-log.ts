import type { Cloud } from "#local/cloud/index.ts";
import type { Execution, HistoryRecord } from "./execution.ts";
import { withoutData } from "./history.ts";
import type { Store } from "./store.ts";

/** https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-log-level */
const fatal = /^Execution(Aborted|Failed|TimedOut)$/;
const failed = /(Aborted|Failed|TimedOut)$|^FailStateEntered$/;

export interface ExecutionLogger {
  log(execution: Execution, events: readonly HistoryRecord[]): void;
}

/** Writes history events to the log group of the state machine. as AWS: best effort, executions do not wait for it. */
export function createLogger(cloud: Cloud, store: Store): ExecutionLogger {
  const streams = new Map<string, Promise<void>>();
  const send = async (group: string, name: string, lines: { timestamp: number; message: string }[]) => {
    const stream = { logGroupName: group, logStreamName: name };
    const as = { as: { service: "sfn" } } as const;
    await cloud.call("cloudwatch-logs", "createLogStream", stream, as).catch((error: unknown) => {
      if (!(error instanceof Error && error.name === "ResourceAlreadyExistsException")) throw error;
    });
    await cloud.call("cloudwatch-logs", "putLogEvents", { ...stream, logEvents: lines }, as);
  };
  return {
    log(execution, events) {
      const {
        level = "OFF",
        includeExecutionData = false,
        destinations = [],
      } = store.revision(execution.revisionId).logging;
      const groupArn = destinations[0]?.cloudWatchLogsLogGroup?.logGroupArn;
      if (level === "OFF" || groupArn === undefined) return;
      const selected = events.filter(({ type = "" }) => {
        if (level === "ALL") return true;
        return level === "ERROR" ? failed.test(type) : fatal.test(type);
      });
      if (selected.length === 0) return;
      const lines = selected.map((event) => ({
        timestamp: event.timestamp,
        message: lineOf(execution, includeExecutionData ? event : withoutData(event)),
      }));
      const group = groupArn.split(":")[6] ?? "";
      // One request at a time, so that the lines of an execution keep their order.
      const before = streams.get(execution.arn) ?? Promise.resolve();
      const sent = before
        .then(() => send(group, `states/${execution.stateMachineName}/${execution.name}`, lines))
        .catch((error: unknown) => {
          if (cloud.stopping.aborted) return;
          cloud.log("warn", "Execution log not written", { group, error: String(error) });
        });
      streams.set(execution.arn, sent);
      void sent.then(() => streams.get(execution.arn) === sent && streams.delete(execution.arn));
    },
  };
}

function lineOf(execution: Execution, event: HistoryRecord): string {
  const { id, previousEventId, timestamp, type, ...details } = event;
  return JSON.stringify({
    id: String(id),
    type,
    details: Object.values(details)[0] ?? {},
    previous_event_id: String(previousEventId),
    event_timestamp: String(timestamp),
    execution_arn: execution.arn,
    redrive_count: String(execution.redriveCount),
  });
}
