import type { ComparisonOperator, MetricDataQuery, StateValue } from "@aws-sdk/client-cloudwatch";
import { invalidCombination, missingParameter, notSupported, invalid } from "./faults.ts";
import { comparisonOf, type TreatMissingData } from "./evaluate.ts";
import { parseQueries, type Queries } from "./metric-queries.ts";
import type { Input } from "./reads.ts";

export type AlarmSettings = Input<"putMetricAlarm">;

export interface AlarmState {
  value: StateValue;
  reason: string;
  reasonData?: string | undefined;
  /** When value, reason or data was last set. */
  updatedAt: number;
  /** When the value last changed. */
  transitionedAt: number;
}

export interface Alarm {
  name: string;
  arn: string;
  settings: AlarmSettings;
  configuredAt: number;
  state: AlarmState;
}

/** The settings of an alarm, parsed for evaluation. */
export interface Definition {
  queries: Queries;
  /** Id of the query that is compared with the threshold. */
  watched: string;
  periodSeconds: number;
  threshold: number;
  comparison: NonNullable<ReturnType<typeof comparisonOf>>;
  evaluationPeriods: number;
  datapointsToAlarm: number;
  treatMissingData: TreatMissingData;
  /** Only of a single-metric alarm, for its state reason. */
  statistic: string | undefined;
}

const missingDataTreatments: readonly string[] = ["breaching", "notBreaching", "ignore", "missing"];
const isTreatment = (value: string): value is TreatMissingData => missingDataTreatments.includes(value);
const maxRangeSeconds = 86_400;
const maxMetrics = 10;

/** Parses the settings of an alarm; throws AWS's error, or names what is not supported here. */
export function defineAlarm(settings: AlarmSettings): Definition {
  const { Threshold, EvaluationPeriods = 0, DatapointsToAlarm = EvaluationPeriods } = settings;
  const { ComparisonOperator: operator, TreatMissingData = "missing" } = settings;
  if (Threshold === undefined) throw missingParameter("The parameter Threshold is required.");
  if (EvaluationPeriods < 1) throw invalid("EvaluationPeriods must be at least 1.");
  if (DatapointsToAlarm < 1 || DatapointsToAlarm > EvaluationPeriods) {
    throw invalid("DatapointsToAlarm must be at least 1 and at most EvaluationPeriods.");
  }
  if (!isTreatment(TreatMissingData)) {
    throw invalid(`TreatMissingData must be one of ${missingDataTreatments.join(", ")}; it is "${TreatMissingData}".`);
  }
  const list = queriesOf(settings);
  const queries = parseQueries(list);
  const [watched = "", ...more] = queries.returned;
  if (watched === "" || more.length > 0) {
    throw invalid("Invalid metrics list: exactly one metric or expression must have ReturnData set to true.");
  }
  checkMetrics(list, queries);
  const periodSeconds = queries.periodOf(watched);
  if (periodSeconds < 10 || periodSeconds === 20) {
    throw invalid(`Period of an alarm must be 10, 30 or a multiple of 60 seconds; it is ${periodSeconds}.`);
  }
  if (periodSeconds * EvaluationPeriods > maxRangeSeconds) {
    throw invalid("Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400).");
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

/** The queries of an alarm; of a single-metric alarm, its metric as one query. */
export function queriesOf(settings: AlarmSettings): MetricDataQuery[] {
  const { Metrics, Namespace, MetricName, Dimensions, Period, Statistic, ExtendedStatistic } = settings;
  if (Metrics) {
    if (MetricName !== undefined || Statistic !== undefined || Period !== undefined) {
      throw invalidCombination("Metrics cannot be used together with MetricName, Statistic or Period.");
    }
    return Metrics;
  }
  if (MetricName === undefined || Namespace === undefined || Period === undefined) {
    throw missingParameter("MetricName, Namespace and Period are required without Metrics.");
  }
  if ((Statistic === undefined) === (ExtendedStatistic === undefined)) {
    throw invalidCombination("Exactly one of Statistic and ExtendedStatistic is required.");
  }
  const Metric = { Namespace, MetricName, Dimensions };
  const Stat = Statistic ?? ExtendedStatistic;
  return [{ Id: "m1", MetricStat: { Metric, Period, Stat }, ReturnData: true }];
}

function checkMetrics(list: readonly MetricDataQuery[], queries: Queries): void {
  if (queries.metrics.length === 0) throw invalid("Invalid metrics list: it contains no metric.");
  if (queries.metrics.length > maxMetrics) {
    throw invalid(`Invalid metrics list: an alarm can have at most ${maxMetrics} metrics.`);
  }
  const periods = new Set(list.flatMap(({ MetricStat }) => MetricStat?.Period ?? []));
  if (periods.size > 1) throw invalid("Invalid metrics list: all metrics of an alarm must have the same Period.");
}

function findComparison(operator: ComparisonOperator | undefined) {
  const comparison = operator && comparisonOf(operator);
  if (!comparison) throw notSupported(`The comparison operator ${operator}`);
  return comparison;
}
