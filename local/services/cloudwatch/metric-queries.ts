import type { MetricDataQuery } from "@aws-sdk/client-cloudwatch";
import { notSupported, invalid } from "./faults.ts";
import { parseExpression, type Operand } from "./expression.ts";
import type { MetricName, MetricStore } from "./series.ts";
import { statisticOf } from "./statistics.ts";

/** The validated metric queries of an alarm or a GetMetricData request. */
export interface Queries {
  /** Metrics that the queries read. */
  metrics: readonly MetricName[];
  /** Ids of the queries with ReturnData, in order. */
  returned: readonly string[];
  periodOf(id: string): number;
  /** One value per period of `periodOf(id)` in `span`; undefined where there is no data. */
  read(store: MetricStore, id: string, span: { from: number; to: number }): (number | undefined)[];
}

interface Stat {
  kind: "metric";
  metric: MetricName;
  seconds: number;
  statistic: NonNullable<ReturnType<typeof statisticOf>>;
}
interface Computed {
  kind: "expression";
  expression: ReturnType<typeof parseExpression>;
  seconds: number | undefined;
}

export function parseQueries(input: readonly MetricDataQuery[]): Queries {
  const parsed = new Map<string, Stat | Computed>();
  for (const query of input) {
    const { Id = "" } = query;
    if (!/^[a-z][A-Za-z0-9_]*$/.test(Id)) throw invalid(`Invalid metrics list: "${Id}" is not a valid Id.`);
    if (parsed.has(Id)) throw invalid(`Invalid metrics list: the Id ${Id} is used twice.`);
    parsed.set(Id, parseQuery(query));
  }
  checkReferences(parsed);
  const stats = [...parsed.values()].filter((query) => query.kind === "metric");
  const periodOf = (id: string) => {
    const seconds = parsed.get(id)?.seconds;
    return seconds ?? Math.max(...stats.map((stat) => stat.seconds));
  };
  const read = (store: MetricStore, id: string, span: { from: number; to: number }) => {
    const seconds = periodOf(id);
    const operand = (name: string): Operand => {
      const query = parsed.get(name);
      if (!query) return [];
      if (query.kind === "metric") {
        return store.read(query.metric, seconds, span).map((summary) => summary && query.statistic(summary));
      }
      return query.expression.compute(new Map([...query.expression.names].map((each) => [each, operand(each)])));
    };
    const values = operand(id);
    const length = Math.max(span.to - span.from + 1, 0);
    return typeof values === "number" ? Array.from({ length }, () => values) : [...values];
  };
  return {
    metrics: stats.map(({ metric }) => metric),
    returned: input.filter(({ ReturnData }) => ReturnData !== false).map(({ Id = "" }) => Id),
    periodOf,
    read,
  };
}

function parseQuery({ Id, MetricStat, Expression, Period, AccountId }: MetricDataQuery): Stat | Computed {
  if (AccountId !== undefined) throw notSupported("A metric of another account (AccountId)");
  if (Expression !== undefined && MetricStat === undefined) {
    return { kind: "expression", expression: parseExpression(Expression), seconds: Period };
  }
  if (MetricStat === undefined || Expression !== undefined) {
    throw invalid(`Invalid metrics list: ${Id} must have either MetricStat or Expression.`);
  }
  const { Metric: { Namespace = "", MetricName = "", Dimensions = [] } = {}, Stat = "", Unit } = MetricStat;
  if (Unit !== undefined) throw notSupported("Selecting data points by Unit");
  const seconds = MetricStat.Period ?? 0;
  checkPeriod(seconds);
  const metric = { namespace: Namespace, name: MetricName, dimensions: Dimensions };
  return { kind: "metric", metric, seconds, statistic: findStatistic(Stat) };
}

export function findStatistic(name: string): NonNullable<ReturnType<typeof statisticOf>> {
  const statistic = statisticOf(name);
  if (!statistic) throw notSupported(`The statistic "${name}"`);
  return statistic;
}

export function checkPeriod(seconds: number): void {
  const isValid = [1, 5, 10, 20, 30].includes(seconds) || (seconds > 0 && seconds % 60 === 0);
  if (!isValid) {
    throw invalid(`Period must be 1, 5, 10, 20, 30 or a multiple of 60 seconds; it is ${seconds}.`);
  }
}

/** Every id that an expression references must exist, without circular references. */
function checkReferences(queries: ReadonlyMap<string, Stat | Computed>): void {
  const visit = (id: string, path: readonly string[]): void => {
    if (path.includes(id)) {
      throw invalid(`Invalid metrics list: Circular reference ${[...path, id].join(" -> ")}.`);
    }
    const query = queries.get(id);
    if (!query) throw invalid(`Invalid metrics list: ${path.at(-1)} references ${id}, which does not exist.`);
    if (query.kind === "expression") for (const name of query.expression.names) visit(name, [...path, id]);
  };
  for (const id of queries.keys()) visit(id, []);
}
