import type { HistoryEvent } from "@aws-sdk/client-sfn";
import type { HistoryRecord } from "./execution.ts";

/** Fields with execution data, which `includeExecutionData: false` leaves out. */
const dataFields = new Set([
  "input",
  "inputDetails",
  "output",
  "outputDetails",
  "parameters",
  "assignedVariables",
  "assignedVariablesDetails",
]);

export function toEvent(record: HistoryRecord): HistoryEvent {
  const { timestamp, ...event } = record;
  return { ...event, timestamp: new Date(timestamp) };
}

export function withoutData(record: HistoryRecord): HistoryRecord {
  const entries = Object.entries(record).map(([key, value]: [string, unknown]) => [
    key,
    typeof value === "object" && value !== null ? omitData(value) : value,
  ]);
  return { ...record, ...Object.fromEntries(entries) };
}

function omitData(details: object): object {
  return Object.fromEntries(Object.entries(details).filter(([key]) => !dataFields.has(key)));
}
