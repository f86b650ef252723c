import type { MetricDatum } from "@aws-sdk/client-cloudwatch";
import type { Call, Cloud } from "#local/cloud/index.ts";
import { invalidCombination, invalidValue, missingParameter } from "../faults.ts";
import type { Input } from "../reads.ts";
import type { Datum } from "../series.ts";
import type { Summary } from "../statistics.ts";

const hour = 3_600_000;
const maxData = 1000;
const maxValues = 150;
const maxDimensions = 30;
const maxMagnitude = 2 ** 360;

/** Parses and validates the data of a request. */
export function readMetricData(
  cloud: Pick<Cloud, "clock">,
  input: Input<"putMetricData">,
  { principal }: Call,
): Datum[] {
  const { Namespace, MetricData = [] } = input;
  checkNamespace(Namespace, principal.kind === "service");
  if (MetricData.length === 0) throw missingParameter("The parameter MetricData is required.");
  if (MetricData.length > maxData)
    throw invalidValue(`The collection MetricData must not have a size greater than ${maxData}.`);
  const now = cloud.clock.now();
  return MetricData.map((datum, index) =>
    readDatum({ datum, now, where: `MetricData.member.${index + 1}` }, Namespace),
  );
}

function checkNamespace(namespace: string, isService: boolean): void {
  // as AWS: namespaces starting with AWS/ are reserved for services.
  if (namespace.startsWith("AWS/") && !isService)
    throw invalidValue("The value AWS/ for parameter Namespace is invalid.");
  if (!/^[^:][\w.\-/#: ]{0,254}$/.test(namespace)) {
    throw invalidValue(`The value ${namespace} for parameter Namespace is invalid.`);
  }
}

interface DatumInput {
  datum: MetricDatum;
  now: number;
  where: string;
}

function readDatum({ datum, now, where }: DatumInput, namespace: string): Datum {
  const { MetricName = "", Dimensions = [], Timestamp, Unit = "None", StorageResolution = 60 } = datum;
  if (MetricName === "" || MetricName.length > 255) throw invalidValue(`The parameter ${where}.MetricName is invalid.`);
  if (Dimensions.length > maxDimensions || Dimensions.some(({ Name, Value }) => !Name || !Value)) {
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
  const alternatives = [Value, Values, StatisticValues].filter((each) => each !== undefined);
  if (alternatives.length !== 1) {
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
  if (values.length === 0 || values.length > maxValues || values.length !== counts.length) {
    throw invalidValue(`${where} must have 1 to ${maxValues} Values, and the same number of Counts.`);
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
  const invalid = numbers.find((value) => !Number.isFinite(value) || Math.abs(value) > maxMagnitude);
  if (invalid !== undefined) throw invalidValue(`The value ${invalid} for parameter ${where} is invalid.`);
}
