import type { DeclaredInput, Inert, Operations as OperationsOf, Reads } from "#local/cloud/index.ts";

export const reads = {
  createLogGroup: ["logGroupName"],
  deleteLogGroup: ["logGroupName"],
  describeLogGroups: ["logGroupNamePrefix", "logGroupNamePattern"],
  createLogStream: ["logGroupName", "logStreamName"],
  deleteLogStream: ["logGroupName", "logStreamName"],
  describeLogStreams: ["logGroupName", "logGroupIdentifier", "logStreamNamePrefix", "orderBy", "descending"],
  putLogEvents: ["logGroupName", "logStreamName", "logEvents"],
  getLogEvents: [
    "logGroupName",
    "logGroupIdentifier",
    "logStreamName",
    "startTime",
    "endTime",
    "startFromHead",
    // It pages in two directions by itself.
    "nextToken",
    "limit",
  ],
  filterLogEvents: [
    "logGroupName",
    "logGroupIdentifier",
    "logStreamNames",
    "logStreamNamePrefix",
    "startTime",
    "endTime",
    "filterPattern",
  ],
} as const satisfies Reads<"cloudwatch-logs">;

export const inert = {
  createLogGroup: [{ logGroupClass: ["STANDARD"] }],
  describeLogGroups: [{ includeLinkedAccounts: [false] }],
  // as AWS: both are ignored.
  putLogEvents: ["sequenceToken"],
  filterLogEvents: ["interleaved", { unmask: [false] }],
  getLogEvents: [{ unmask: [false] }],
} as const satisfies Inert<"cloudwatch-logs">;

export type Operations = OperationsOf<"cloudwatch-logs", typeof reads>;
export type Input<N extends keyof typeof reads> = DeclaredInput<"cloudwatch-logs", typeof reads, N>;
