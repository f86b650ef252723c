import type { ComparisonOperator, MetricDataQuery, PutMetricAlarmInput, StateValue } from "@aws-sdk/client-cloudwatch";
import { invalidCombination, missingParameter, notSupported, validationError } from "./errors.ts";
import { comparisonOf, type TreatMissingData } from "./evaluate.ts";
import { parseQueries, type Queries } from "./queries.ts";

/** What PutMetricAlarm was given, without what is not supported here. */
export type AlarmSettings = Omit<PutMetricAlarmInput, "Tags">;

export interface AlarmState {
  value: StateValue;
  reason: string;
  reasonData?: string | undefined;
  /** When value, reason or data was last set. */
  updatedAt: number;
  /** When the value was last another one. */
  transitionedAt: number;
}

export interface Alarm {
  name: string;
  arn: string;
  settings: AlarmSettings;
  configuredAt: number;
  state: AlarmState;
}

/** An alarm's settings as evaluation takes them. */
export interface Definition {
  queries: Queries;
  /** Id of the query that is held against the threshold. */
  watched: string;
  periodSeconds: number;
  threshold: number;
  comparison: NonNullable<ReturnType<typeof comparisonOf>>;
  evaluationPeriods: number;
  datapointsToAlarm: number;
  treatMissingData: TreatMissingData;
  /** Of a single-metric alarm, for the reason it gives. */
  statistic: string | undefined;
}

const treatments: readonly string[] = ["breaching", "notBreaching", "ignore", "missing"];
const isTreatment = (value: string): value is TreatMissingData => treatments.includes(value);
const longestSeconds = 86_400;
const mostMetrics = 10;

/** Finds out what an alarm watches; throws AWS's error, or says what is not supported here. */
export function defineAlarm(settings: AlarmSettings): Definition {
  checkSupported(settings);
  const { Threshold, EvaluationPeriods = 0, DatapointsToAlarm = EvaluationPeriods } = settings;
  const { ComparisonOperator: operator, TreatMissingData = "missing" } = settings;
  if (Threshold === undefined) throw missingParameter("The parameter Threshold is required.");
  if (EvaluationPeriods < 1) throw validationError("EvaluationPeriods must be at least 1.");
  if (DatapointsToAlarm < 1 || DatapointsToAlarm > EvaluationPeriods) {
    throw validationError("DatapointsToAlarm must be at least 1 and at most EvaluationPeriods.");
  }
  if (!isTreatment(TreatMissingData)) {
    throw validationError(`TreatMissingData must be one of ${treatments.join(", ")}; it is "${TreatMissingData}".`);
  }
  const list = queriesOf(settings);
  const queries = parseQueries(list);
  const [watched = "", ...more] = queries.returned;
  if (watched === "" || more.length > 0) {
    throw validationError("Invalid metrics list: exactly one metric or expression must have ReturnData set to true.");
  }
  checkMetrics(list, queries);
  const periodSeconds = queries.periodOf(watched);
  if (periodSeconds < 10 || periodSeconds === 20) {
    throw validationError(`Period of an alarm must be 10, 30 or a multiple of 60 seconds; it is ${periodSeconds}.`);
  }
  if (periodSeconds * EvaluationPeriods > longestSeconds) {
    throw validationError(
      "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400).",
    );
  }
  return {
    queries,
    watched,
    periodSeconds,
    threshold: Threshold,
    comparison: findComparison(operator),
    evaluationPeriods: EvaluationPeriods,
    datapointsToAlarm: DatapointsToAlarm,
    treatMissingData: TreatMissingData,
    statistic: settings.Statistic ?? settings.ExtendedStatistic,
  };
}

/** A single-metric alarm as the one query that it is. */
export function queriesOf(settings: AlarmSettings): MetricDataQuery[] {
  const { Metrics, Namespace, MetricName, Dimensions, Period, Statistic, ExtendedStatistic } = settings;
  if (Metrics) {
    if (MetricName !== undefined || Statistic !== undefined || Period !== undefined) {
      throw invalidCombination("Metrics cannot be used together with MetricName, Statistic or Period.");
    }
    return Metrics;
  }
  if (MetricName === undefined || Namespace === undefined || Period === undefined) {
    throw missingParameter("MetricName, Namespace and Period are required where Metrics is not given.");
  }
  if ((Statistic === undefined) === (ExtendedStatistic === undefined)) {
    throw invalidCombination("Exactly one of Statistic and ExtendedStatistic is required.");
  }
  const Metric = { Namespace, MetricName, ...(Dimensions && { Dimensions }) };
  const Stat = Statistic ?? ExtendedStatistic;
  return [{ Id: "m1", MetricStat: { Metric, Period, Stat }, ReturnData: true }];
}

function checkSupported(settings: AlarmSettings): void {
  const {
    AlarmActions = [],
    OKActions = [],
    InsufficientDataActions = [],
    EvaluateLowSampleCountPercentile,
  } = settings;
  if ([...AlarmActions, ...OKActions, ...InsufficientDataActions].length > 0) {
    throw notSupported("An action of an alarm (use a rule on its state change)");
  }
  if (EvaluateLowSampleCountPercentile === "ignore") throw notSupported('EvaluateLowSampleCountPercentile "ignore"');
  if (settings.Unit !== undefined) throw notSupported("Choosing data points by Unit");
  const known = new Set<string>(knownSettings);
  const unknown = Object.entries(settings).filter(([name, value]) => value !== undefined && !known.has(name));
  if (unknown.length > 0) throw notSupported(`The setting ${unknown.map(([name]) => name).join(", ")} of an alarm`);
}

const knownSettings = [
  "AlarmName",
  "AlarmDescription",
  "ActionsEnabled",
  "AlarmActions",
  "OKActions",
  "InsufficientDataActions",
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
  "EvaluateLowSampleCountPercentile",
  "Metrics",
] as const satisfies readonly (keyof AlarmSettings)[];

function checkMetrics(list: readonly MetricDataQuery[], queries: Queries): void {
  if (queries.metrics.length === 0) throw validationError("Invalid metrics list: it has no metric.");
  if (queries.metrics.length > mostMetrics) {
    throw validationError(`Invalid metrics list: an alarm has at most ${mostMetrics} metrics.`);
  }
  const periods = new Set(list.flatMap(({ MetricStat }) => MetricStat?.Period ?? []));
  if (periods.size > 1)
    throw validationError("Invalid metrics list: all metrics of an alarm must have the same Period.");
}

function findComparison(operator: ComparisonOperator | undefined) {
  const comparison = operator && comparisonOf(operator);
  if (!comparison) throw notSupported(`The comparison operator ${operator}`);
  return comparison;
}
