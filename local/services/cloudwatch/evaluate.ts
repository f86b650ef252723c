import type { ComparisonOperator, StateValue } from "@aws-sdk/client-cloudwatch";

export type TreatMissingData = "breaching" | "notBreaching" | "ignore" | "missing";

/** Whether a data point is breaching; undefined for a missing one. */
export type Datapoint = boolean | undefined;

export interface Rule {
  evaluationPeriods: number;
  datapointsToAlarm: number;
  treatMissingData: TreatMissingData;
}

export interface Evaluation {
  /** Undefined when the alarm keeps its state. */
  state: StateValue | undefined;
  /** Number of missing data points that were filled in. */
  filled: number;
}

/** Data points evaluated in addition to the evaluation periods, in case recent ones are missing. AWS's examples use 5 for 3. */
const extraPoints = 2;

export const evaluationRange = (evaluationPeriods: number): number => evaluationPeriods + extraPoints;

/**
 * Evaluates the data points of the evaluation range, the newest last.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
export function evaluate(range: readonly Datapoint[], rule: Rule): Evaluation {
  const { evaluationPeriods, datapointsToAlarm, treatMissingData } = rule;
  const real = range.filter((point) => point !== undefined).slice(-evaluationPeriods);
  const filled = evaluationPeriods - real.length;
  const breaching = real.filter(Boolean).length;
  const alarmIf = (count: number): Evaluation => ({ state: count >= datapointsToAlarm ? "ALARM" : "OK", filled });
  if (filled === 0 || treatMissingData === "notBreaching") return alarmIf(breaching);
  if (treatMissingData === "breaching") return alarmIf(breaching + filled);
  if (breaching >= datapointsToAlarm || breaching < real.length) return alarmIf(breaching);
  if (treatMissingData === "ignore") return { state: undefined, filled };
  if (real.length === 0) return { state: "INSUFFICIENT_DATA", filled };
  // Too few data points, all breaching: ALARM only once the oldest is as old as the datapoints to alarm.
  const age = range.length - range.indexOf(true);
  return { state: age >= datapointsToAlarm ? "ALARM" : undefined, filled };
}

const comparisons: Readonly<
  Partial<Record<ComparisonOperator, { breaches: (value: number, threshold: number) => boolean; words: string }>>
> = {
  GreaterThanThreshold: { breaches: (value, threshold) => value > threshold, words: "greater than" },
  GreaterThanOrEqualToThreshold: {
    breaches: (value, threshold) => value >= threshold,
    words: "greater than or equal to",
  },
  LessThanThreshold: { breaches: (value, threshold) => value < threshold, words: "less than" },
  LessThanOrEqualToThreshold: {
    breaches: (value, threshold) => value <= threshold,
    words: "less than or equal to",
  },
};

/** How a value is compared with the threshold; undefined if not supported here (anomaly detection bands). */
export const comparisonOf = (operator: ComparisonOperator) => comparisons[operator];
