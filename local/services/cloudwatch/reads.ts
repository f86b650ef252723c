import type { DeclaredInput, Inert, Operations as OperationsOf, Reads } from "#local/cloud/index.ts";

export const reads = {
  putMetricAlarm: [
    "AlarmName",
    "AlarmDescription",
    "ActionsEnabled",
    "MetricName",
    "Namespace",
    "Statistic",
    "ExtendedStatistic",
    "Dimensions",
    "Period",
    "EvaluationPeriods",
    "DatapointsToAlarm",
    "Threshold",
    "ComparisonOperator",
    "TreatMissingData",
    "Metrics",
  ],
  deleteAlarms: ["AlarmNames"],
  describeAlarms: ["AlarmNames", "AlarmNamePrefix", "StateValue", "AlarmTypes"],
  describeAlarmHistory: ["AlarmName", "HistoryItemType", "StartDate", "EndDate", "ScanBy"],
  setAlarmState: ["AlarmName", "StateValue", "StateReason", "StateReasonData"],
  enableAlarmActions: ["AlarmNames"],
  disableAlarmActions: ["AlarmNames"],
  putMetricData: ["Namespace", "MetricData"],
  getMetricData: ["MetricDataQueries", "StartTime", "EndTime", "ScanBy"],
  getMetricStatistics: [
    "Namespace",
    "MetricName",
    "Dimensions",
    "Period",
    "Statistics",
    "ExtendedStatistics",
    "StartTime",
    "EndTime",
  ],
  listMetrics: ["Namespace", "MetricName", "Dimensions"],
} as const satisfies Reads<"cloudwatch">;

export const inert = {
  putMetricAlarm: [
    "Tags",
    {
      AlarmActions: [[]],
      OKActions: [[]],
      InsufficientDataActions: [[]],
      EvaluateLowSampleCountPercentile: ["evaluate"],
    },
  ],
  describeAlarmHistory: [{ AlarmTypes: [["MetricAlarm"]] }],
  putMetricData: ["StrictEntityValidation"],
  listMetrics: [{ IncludeLinkedAccounts: [false] }],
} as const satisfies Inert<"cloudwatch">;

export type Operations = OperationsOf<"cloudwatch", typeof reads>;
export type Input<N extends keyof typeof reads> = DeclaredInput<"cloudwatch", typeof reads, N>;
