import type { StateValue } from "@aws-sdk/client-cloudwatch";
import type { Definition } from "./alarm.ts";
import type { Verdict } from "./evaluate.ts";

/** A data point as a reason tells it. */
interface Told {
  start: number;
  value: number;
}

interface Evaluated {
  definition: Definition;
  /** The real points that were judged, the newest last. */
  points: readonly Told[];
  verdict: Verdict & { state: StateValue };
  now: number;
}

/** StateReason and StateReasonData in AWS's words. */
export function reasonOf({ definition, points, verdict, now }: Evaluated): { reason: string; reasonData: string } {
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
  if (verdict.state === "INSUFFICIENT_DATA") {
    const unknown = evaluationPeriods - points.length;
    const reason = `Insufficient Data: ${unknown} ${plural(unknown, "datapoint was", "datapoints were")} unknown.`;
    return { reason, reasonData: JSON.stringify(reasonData) };
  }
  const treated = `${verdict.filled} missing ${plural(verdict.filled, "datapoint was", "datapoints were")} treated as [${capital(treatMissingData)}]`;
  const isFilled = verdict.filled > 0 && (treatMissingData === "breaching" || treatMissingData === "notBreaching");
  if (points.length === 0) {
    const periods = `${evaluationPeriods} ${plural(evaluationPeriods, "period", "periods")}`;
    const reason = `Threshold Crossed: no datapoints were received for ${periods} and ${treated}.`;
    return { reason, reasonData: JSON.stringify(reasonData) };
  }
  const crossed = crossing(evaluatedState(definition, recent, verdict.state));
  return {
    reason: `Threshold Crossed: ${crossed}${isFilled ? ` and ${treated}` : ""}.`,
    reasonData: JSON.stringify(reasonData),
  };
}

interface Crossing {
  definition: Definition;
  told: readonly Told[];
  state: StateValue;
  among: number;
}

function evaluatedState(definition: Definition, recent: readonly Told[], state: StateValue): Crossing {
  const breaching = recent.filter(({ value }) => definition.comparison.breaches(value, definition.threshold));
  const within = recent.filter((point) => !breaching.includes(point));
  return { definition, told: state === "ALARM" ? breaching : within, state, among: recent.length };
}

function crossing({ definition, told, state, among }: Crossing): string {
  const { comparison, threshold, evaluationPeriods, datapointsToAlarm } = definition;
  const list = told.map(({ value, start }) => `${decimal(value)} (${dayAndTime(start)})`).join(", ");
  const needed = state === "ALARM" ? datapointsToAlarm : evaluationPeriods - datapointsToAlarm + 1;
  const way = state === "ALARM" ? "OK -> ALARM" : "ALARM -> OK";
  const were = `${plural(told.length, "was", "were")} ${state === "ALARM" ? "" : "not "}${comparison.words}`;
  return `${told.length} out of the last ${among} datapoints [${list}] ${were} the threshold (${decimal(threshold)}) (minimum ${needed} ${plural(needed, "datapoint", "datapoints")} for ${way} transition)`;
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
