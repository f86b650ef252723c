import type { MetricDatum } from "@aws-sdk/client-cloudwatch";
import type { Call, Clients, Cloud, OperationInput } from "#local/cloud/index.ts";
import { invalidCombination, invalidValue, missingParameter, notSupported } from "../errors.ts";
import type { Datum } from "../series.ts";
import type { Summary } from "../statistics.ts";

type Input = OperationInput<Clients["cloudwatch"], "putMetricData">;

const hour = 3_600_000;
const mostData = 1000;
const mostValues = 150;
const mostDimensions = 30;
const largest = 2 ** 360;

/** The data of a request as they are kept; throws AWS's error for what it would not take. */
export function readMetricData(cloud: Pick<Cloud, "clock">, input: Input, { principal }: Call): Datum[] {
  const { Namespace, MetricData = [] } = input;
  if (input.EntityMetricData !== undefined) throw notSupported("EntityMetricData");
  checkNamespace(Namespace, principal.kind === "service");
  if (MetricData.length === 0) throw missingParameter("The parameter MetricData is required.");
  if (MetricData.length > mostData)
    throw invalidValue(`The collection MetricData must not have a size greater than ${mostData}.`);
  const now = cloud.clock.now();
  return MetricData.map((datum, index) =>
    readDatum({ datum, now, where: `MetricData.member.${index + 1}` }, Namespace),
  );
}

function checkNamespace(namespace: string, isService: boolean): void {
  // as AWS: its own namespaces are its services' alone.
  if (namespace.startsWith("AWS/") && !isService)
    throw invalidValue("The value AWS/ for parameter Namespace is invalid.");
  if (!/^[^:][\w.\-/#: ]{0,254}$/.test(namespace)) {
    throw invalidValue(`The value ${namespace} for parameter Namespace is invalid.`);
  }
}

interface Asked {
  datum: MetricDatum;
  now: number;
  where: string;
}

function readDatum({ datum, now, where }: Asked, namespace: string): Datum {
  const { MetricName = "", Dimensions = [], Timestamp, Unit = "None", StorageResolution = 60 } = datum;
  if (MetricName === "" || MetricName.length > 255) throw invalidValue(`The parameter ${where}.MetricName is invalid.`);
  if (Dimensions.length > mostDimensions || Dimensions.some(({ Name, Value }) => !Name || !Value)) {
    throw invalidValue(`The parameter ${where}.Dimensions is invalid.`);
  }
  if (StorageResolution !== 1 && StorageResolution !== 60) {
    throw invalidValue(`The value ${StorageResolution} for parameter ${where}.StorageResolution is invalid: 1 or 60.`);
  }
  const at = Timestamp?.getTime() ?? now;
  if (!(at > now - 14 * 24 * hour && at < now + 2 * hour)) {
    throw invalidValue(`The parameter ${where}.Timestamp must be at most two weeks old and two hours ahead.`);
  }
  const summary = summaryOf(datum, where);
  return {
    namespace,
    name: MetricName,
    dimensions: Dimensions,
    at,
    resolution: StorageResolution,
    unit: Unit,
    summary,
  };
}

function summaryOf({ Value, Values, Counts, StatisticValues }: MetricDatum, where: string): Summary {
  const given = [Value, Values, StatisticValues].filter((each) => each !== undefined);
  if (given.length !== 1) {
    throw invalidCombination(`${where} must have exactly one of Value, Values and StatisticValues.`);
  }
  if (StatisticValues) {
    const { Sum = Number.NaN, SampleCount = Number.NaN, Minimum = Number.NaN, Maximum = Number.NaN } = StatisticValues;
    checkNumbers([Sum, SampleCount, Minimum, Maximum], where);
    if (SampleCount <= 0) throw invalidValue(`The parameter ${where}.StatisticValues.SampleCount must be positive.`);
    return { sum: Sum, count: SampleCount, min: Minimum, max: Maximum };
  }
  const values = Values ?? [Value ?? Number.NaN];
  const counts = Counts ?? values.map(() => 1);
  if (values.length === 0 || values.length > mostValues || values.length !== counts.length) {
    throw invalidValue(`${where} must have 1 to ${mostValues} Values, and as many Counts.`);
  }
  checkNumbers([...values, ...counts], where);
  const pairs = values.map((value, index): [number, number] => [value, counts[index] ?? 0]);
  return {
    sum: pairs.reduce((sum, [value, count]) => sum + value * count, 0),
    count: pairs.reduce((sum, [, count]) => sum + count, 0),
    min: Math.min(...values),
    max: Math.max(...values),
    values: pairs,
  };
}

function checkNumbers(numbers: readonly number[], where: string): void {
  const wrong = numbers.find((value) => !Number.isFinite(value) || Math.abs(value) > largest);
  if (wrong !== undefined) throw invalidValue(`The value ${wrong} for parameter ${where} is invalid.`);
}
