import type { ComparisonOperator, StateValue } from "@aws-sdk/client-cloudwatch";

export type TreatMissingData = "breaching" | "notBreaching" | "ignore" | "missing";

/** A data point against the threshold: breaching, not breaching, or missing. */
export type Judged = boolean | undefined;

export interface Rule {
  evaluationPeriods: number;
  datapointsToAlarm: number;
  treatMissingData: TreatMissingData;
}

export interface Verdict {
  /** Undefined: the state is retained. */
  state: StateValue | undefined;
  /** How many points stood in for missing ones. */
  filled: number;
}

/** Points looked at beyond the evaluation periods, in case recent ones are missing. AWS's examples have 5 for 3. */
const extraPoints = 2;

export const evaluationRange = (evaluationPeriods: number): number => evaluationPeriods + extraPoints;

/**
 * The state that the points of the evaluation range, the newest last, call for.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
export function evaluate(range: readonly Judged[], rule: Rule): Verdict {
  const { evaluationPeriods, datapointsToAlarm, treatMissingData } = rule;
  const real = range.filter((point) => point !== undefined).slice(-evaluationPeriods);
  const filled = evaluationPeriods - real.length;
  const breaching = real.filter(Boolean).length;
  const alarmIf = (count: number): Verdict => ({ state: count >= datapointsToAlarm ? "ALARM" : "OK", filled });
  if (filled === 0 || treatMissingData === "notBreaching") return alarmIf(breaching);
  if (treatMissingData === "breaching") return alarmIf(breaching + filled);
  if (breaching >= datapointsToAlarm || breaching < real.length) return alarmIf(breaching);
  if (treatMissingData === "ignore") return { state: undefined, filled };
  if (real.length === 0) return { state: "INSUFFICIENT_DATA", filled };
  // Only breaching points, too few of them: the alarm waits until the oldest is as old as the points it needs.
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

/** How a value is held against the threshold; undefined for what is not supported here (bands of anomaly detection). */
export const comparisonOf = (operator: ComparisonOperator) => comparisons[operator];
