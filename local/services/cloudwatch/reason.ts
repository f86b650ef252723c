import type { StateValue } from "@aws-sdk/client-cloudwatch";
import type { Definition } from "./alarm.ts";
import type { Evaluation } from "./evaluate.ts";

interface EvaluatedPoint {
  start: number;
  value: number;
}

interface Evaluated {
  definition: Definition;
  /** The evaluated data points that are not missing, the newest last. */
  points: readonly EvaluatedPoint[];
  evaluation: Evaluation & { state: StateValue };
  now: number;
}

/** StateReason and StateReasonData in AWS's words. */
export function reasonOf({ definition, points, evaluation, now }: Evaluated): { reason: string; reasonData: string } {
  const { threshold, evaluationPeriods, periodSeconds, statistic, treatMissingData } = definition;
  const recent = points.toReversed();
  const reasonData = {
    version: "1.0",
    queryDate: awsTime(now),
    ...(points[0] && { startDate: awsTime(points[0].start) }),
    ...(statistic !== undefined && { statistic }),
    period: periodSeconds,
    recentDatapoints: points.map(({ value }) => value),
    threshold,
    evaluatedDatapoints: recent.map(({ start, value }) => ({ timestamp: awsTime(start), value })),
  };
  if (evaluation.state === "INSUFFICIENT_DATA") {
    const unknown = evaluationPeriods - points.length;
    const reason = `Insufficient Data: ${unknown} ${plural(unknown, "datapoint was", "datapoints were")} unknown.`;
    return { reason, reasonData: JSON.stringify(reasonData) };
  }
  const treated = `${evaluation.filled} missing ${plural(evaluation.filled, "datapoint was", "datapoints were")} treated as [${capital(treatMissingData)}]`;
  const isFilled = evaluation.filled > 0 && (treatMissingData === "breaching" || treatMissingData === "notBreaching");
  if (points.length === 0) {
    const periods = `${evaluationPeriods} ${plural(evaluationPeriods, "period", "periods")}`;
    const reason = `Threshold Crossed: no datapoints were received for ${periods} and ${treated}.`;
    return { reason, reasonData: JSON.stringify(reasonData) };
  }
  const crossed = crossing(evaluatedState(definition, recent, evaluation.state));
  return {
    reason: `Threshold Crossed: ${crossed}${isFilled ? ` and ${treated}` : ""}.`,
    reasonData: JSON.stringify(reasonData),
  };
}

interface Crossing {
  definition: Definition;
  listed: readonly EvaluatedPoint[];
  state: StateValue;
  among: number;
}

function evaluatedState(definition: Definition, recent: readonly EvaluatedPoint[], state: StateValue): Crossing {
  const breaching = recent.filter(({ value }) => definition.comparison.breaches(value, definition.threshold));
  const within = recent.filter((point) => !breaching.includes(point));
  return { definition, listed: state === "ALARM" ? breaching : within, state, among: recent.length };
}

function crossing({ definition, listed, state, among }: Crossing): string {
  const { comparison, threshold, evaluationPeriods, datapointsToAlarm } = definition;
  const list = listed.map(({ value, start }) => `${decimal(value)} (${dayAndTime(start)})`).join(", ");
  const needed = state === "ALARM" ? datapointsToAlarm : evaluationPeriods - datapointsToAlarm + 1;
  const transition = state === "ALARM" ? "OK -> ALARM" : "ALARM -> OK";
  const were = `${plural(listed.length, "was", "were")} ${state === "ALARM" ? "" : "not "}${comparison.words}`;
  return `${listed.length} out of the last ${among} datapoints [${list}] ${were} the threshold (${decimal(threshold)}) (minimum ${needed} ${plural(needed, "datapoint", "datapoints")} for ${transition} transition)`;
}

const plural = (count: number, one: string, many: string) => (count === 1 ? one : many);
const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);
const decimal = (value: number) => (Number.isInteger(value) ? value.toFixed(1) : String(value));

/** `2019-10-01T13:46:00.000+0000` */
export const awsTime = (epochMilliseconds: number) => new Date(epochMilliseconds).toISOString().replace("Z", "+0000");

/** `01/10/19 13:46:00` */
function dayAndTime(epochMilliseconds: number): string {
  const [year = "", month = "", day = "", time = ""] = new Date(epochMilliseconds).toISOString().split(/[-T.]/);
  return `${day}/${month}/${year.slice(2)} ${time}`;
}
