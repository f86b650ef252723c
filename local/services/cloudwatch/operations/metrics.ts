import type { Datapoint } from "@aws-sdk/client-cloudwatch";
import type { Deps } from "../deps.ts";
import { invalid, missingParameter } from "../faults.ts";
import { periodAt, periodStart } from "../metric-time.ts";
import { checkPeriod, findStatistic, parseQueries } from "../metric-queries.ts";
import type { Input, Operations } from "../reads.ts";
import { metricKey } from "../series.ts";
import { readMetricData } from "./put-metric-data.ts";

const maxDatapoints = 100_800;

export const metricOperations = (deps: Deps) =>
  ({
    putMetricData(input, call) {
      const data = readMetricData(deps.cloud, input, call);
      deps.metrics.put(data);
      deps.engine.reevaluateLate(data);
      return {};
    },
    getMetricData: (input) => getMetricData(deps, input),
    getMetricStatistics: (input) => getMetricStatistics(deps, input),
    listMetrics: (input) => listMetrics(deps, input),
  }) satisfies Partial<Operations>;

/** The periods that start between StartTime, inclusive, and EndTime, exclusive (as AWS). */
function periodsBetween({ cloud }: Deps, seconds: number, { StartTime, EndTime }: { StartTime: Date; EndTime: Date }) {
  if (StartTime.getTime() >= EndTime.getTime()) throw invalid("StartTime must be before EndTime.");
  const span = {
    from: periodAt(cloud.clock, seconds, StartTime.getTime()),
    to: periodAt(cloud.clock, seconds, EndTime.getTime() - 1),
  };
  if (span.to - span.from >= maxDatapoints) {
    throw invalid(
      `A request can return at most ${maxDatapoints} data points. Use a shorter time range or a longer Period.`,
    );
  }
  return span;
}

function getMetricData(deps: Deps, input: Input<"getMetricData">) {
  const queries = parseQueries(input.MetricDataQueries);
  const isAscending = input.ScanBy === "TimestampAscending";
  const results = queries.returned.map((id) => {
    const seconds = queries.periodOf(id);
    const span = periodsBetween(deps, seconds, input);
    const points = queries
      .read(deps.metrics, id, span)
      .flatMap((value, index) =>
        value === undefined ? [] : [{ value, at: new Date(periodStart(deps.cloud.clock, seconds, span.from + index)) }],
      );
    const ordered = isAscending ? points : points.toReversed();
    const { Label, MetricStat } = input.MetricDataQueries.find(({ Id }) => Id === id) ?? {};
    return {
      Id: id,
      Label: Label ?? MetricStat?.Metric?.MetricName ?? id,
      Timestamps: ordered.map(({ at }) => at),
      Values: ordered.map(({ value }) => value),
      StatusCode: "Complete" as const,
    };
  });
  return { MetricDataResults: results, Messages: [] };
}

function getMetricStatistics(deps: Deps, input: Input<"getMetricStatistics">) {
  const { Namespace, MetricName, Dimensions = [], Period, Statistics = [], ExtendedStatistics = [] } = input;
  if (Statistics.length === 0 && ExtendedStatistics.length === 0) {
    throw missingParameter("Must specify either Statistics or ExtendedStatistics.");
  }
  checkPeriod(Period);
  const metric = { namespace: Namespace, name: MetricName, dimensions: Dimensions };
  const span = periodsBetween(deps, Period, input);
  const unit = deps.metrics.unitOf(metric);
  const datapoints = deps.metrics.read(metric, Period, span).flatMap((summary, index): Datapoint[] => {
    if (!summary) return [];
    const Timestamp = new Date(periodStart(deps.cloud.clock, Period, span.from + index));
    const valuesOf = (names: readonly string[]) =>
      Object.fromEntries(
        names.flatMap((name) => {
          const value = findStatistic(name)(summary);
          return value === undefined ? [] : [[name, value] as const];
        }),
      );
    const extended = ExtendedStatistics.length > 0 ? valuesOf(ExtendedStatistics) : undefined;
    return [{ Timestamp, Unit: unit, ...valuesOf(Statistics), ExtendedStatistics: extended }];
  });
  return { Label: MetricName, Datapoints: datapoints };
}

function listMetrics({ metrics }: Deps, { Namespace, MetricName, Dimensions = [] }: Input<"listMetrics">) {
  const matching = metrics
    .metrics()
    .filter(({ namespace, name }) => (Namespace ?? namespace) === namespace && (MetricName ?? name) === name)
    .filter(({ dimensions }) =>
      Dimensions.every((filter) =>
        dimensions.some(({ Name, Value }) => Name === filter.Name && (filter.Value ?? Value) === Value),
      ),
    );
  const distinct = [...new Map(matching.map((metric) => [metricKey(metric), metric])).values()];
  return {
    Metrics: distinct.map(({ namespace, name, dimensions }) => ({
      Namespace: namespace,
      MetricName: name,
      Dimensions: [...dimensions],
    })),
  };
}
