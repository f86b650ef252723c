import type { Datapoint } from "@aws-sdk/client-cloudwatch";
import type { Clients, Cloud, OperationInput, OperationOutput, Operations } from "#local/cloud/index.ts";
import type { AlarmEngine } from "../engine.ts";
import { invalidCombination, missingParameter, notSupported, validationError } from "../errors.ts";
import { periodAt, periodStart } from "../metric-time.ts";
import { page } from "../page.ts";
import { checkPeriod, findStatistic, parseQueries } from "../queries.ts";
import { metricKey, type MetricStore } from "../series.ts";
import { readMetricData } from "./put-metric-data.ts";

type CloudWatch = Clients["cloudwatch"];

export interface MetricParts {
  cloud: Pick<Cloud, "clock">;
  metrics: MetricStore;
  engine: AlarmEngine;
}

const metricsOfPage = 500;
const mostDatapoints = 100_800;

export function metricOperations(parts: MetricParts): Operations<CloudWatch> {
  return {
    putMetricData(input, call) {
      const data = readMetricData(parts.cloud, input, call);
      parts.metrics.put(data);
      parts.engine.note(data);
      return {};
    },
    getMetricData: (input) => getMetricData(parts, input),
    getMetricStatistics: (input) => getMetricStatistics(parts, input),
    listMetrics: (input) => listMetrics(parts, input),
  };
}

/** Periods that begin within the times asked for: as AWS, the end does not belong to them. */
function spanOf({ cloud }: MetricParts, seconds: number, { StartTime, EndTime }: { StartTime: Date; EndTime: Date }) {
  if (StartTime.getTime() >= EndTime.getTime()) throw validationError("StartTime must be before EndTime.");
  const span = {
    from: periodAt(cloud.clock, seconds, StartTime.getTime()),
    to: periodAt(cloud.clock, seconds, EndTime.getTime() - 1),
  };
  if (span.to - span.from >= mostDatapoints) {
    throw validationError(
      `At most ${mostDatapoints} data points can be asked for at once: take less time or a longer Period.`,
    );
  }
  return span;
}

type DataInput = OperationInput<CloudWatch, "getMetricData">;

function getMetricData(parts: MetricParts, input: DataInput): OperationOutput<CloudWatch, "getMetricData"> {
  if (input.NextToken !== undefined || input.MaxDatapoints !== undefined) {
    throw notSupported("GetMetricData in pages (NextToken, MaxDatapoints)");
  }
  const queries = parseQueries(input.MetricDataQueries);
  const isAscending = input.ScanBy === "TimestampAscending";
  const results = queries.returned.map((id) => {
    const seconds = queries.periodOf(id);
    const span = spanOf(parts, seconds, input);
    const points = queries
      .read(parts.metrics, id, span)
      .flatMap((value, index) =>
        value === undefined
          ? []
          : [{ value, at: new Date(periodStart(parts.cloud.clock, seconds, span.from + index)) }],
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

type StatisticsInput = OperationInput<CloudWatch, "getMetricStatistics">;

function getMetricStatistics(
  parts: MetricParts,
  input: StatisticsInput,
): OperationOutput<CloudWatch, "getMetricStatistics"> {
  const { Namespace, MetricName, Dimensions = [], Period, Statistics = [], ExtendedStatistics = [], Unit } = input;
  if (Unit !== undefined) throw notSupported("Choosing data points by Unit");
  if (Statistics.length === 0 && ExtendedStatistics.length === 0) {
    throw missingParameter("Must specify either Statistics or ExtendedStatistics.");
  }
  checkPeriod(Period);
  const metric = { namespace: Namespace, name: MetricName, dimensions: Dimensions };
  const span = spanOf(parts, Period, input);
  const unit = parts.metrics.unitOf(metric);
  const found = parts.metrics.read(metric, Period, span).flatMap((summary, index): Datapoint[] => {
    if (!summary) return [];
    const Timestamp = new Date(periodStart(parts.cloud.clock, Period, span.from + index));
    const told = (names: readonly string[]) =>
      Object.fromEntries(
        names.flatMap((name) => {
          const value = findStatistic(name)(summary);
          return value === undefined ? [] : [[name, value] as const];
        }),
      );
    const extended = ExtendedStatistics.length > 0 && { ExtendedStatistics: told(ExtendedStatistics) };
    return [{ Timestamp, Unit: unit, ...told(Statistics), ...extended }];
  });
  return { Label: MetricName, Datapoints: found };
}

type ListInput = OperationInput<CloudWatch, "listMetrics">;

function listMetrics({ metrics }: MetricParts, input: ListInput): OperationOutput<CloudWatch, "listMetrics"> {
  const { Namespace, MetricName, Dimensions = [], NextToken } = input;
  if (input.RecentlyActive !== undefined) throw notSupported("ListMetrics with RecentlyActive");
  if (input.IncludeLinkedAccounts || input.OwningAccount !== undefined) {
    throw invalidCombination("Here there is one account: IncludeLinkedAccounts and OwningAccount cannot be used.");
  }
  const found = metrics
    .metrics()
    .filter(({ namespace, name }) => (Namespace ?? namespace) === namespace && (MetricName ?? name) === name)
    .filter(({ dimensions }) =>
      Dimensions.every((asked) =>
        dimensions.some(({ Name, Value }) => Name === asked.Name && (asked.Value ?? Value) === Value),
      ),
    );
  const distinct = [...new Map(found.map((metric) => [metricKey(metric), metric])).values()];
  const { items, nextToken } = page(distinct, metricKey, { size: metricsOfPage, token: NextToken });
  return {
    Metrics: items.map(({ namespace, name, dimensions }) => ({
      Namespace: namespace,
      MetricName: name,
      Dimensions: [...dimensions],
    })),
    ...(nextToken && { NextToken: nextToken }),
  };
}
