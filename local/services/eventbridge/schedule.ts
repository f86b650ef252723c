import type { Clock } from "#local/kernel/index.ts";
import { invalid } from "./faults.ts";

const units: Readonly<Record<string, number>> = { minute: 60, hour: 3600, day: 86_400 };

/** Interval of `rate(5 minutes)`. */
export function rateSeconds(expression: string): number {
  if (expression.startsWith("cron(")) {
    throw invalid(
      `Parameter ScheduleExpression is not valid: cron expressions are not supported by the local cloud (${expression}). Fix: use rate().`,
    );
  }
  const [, count = "", unit = "", plural = ""] = /^rate\((\d+) (minute|hour|day)(s?)\)$/.exec(expression) ?? [];
  const value = Number(count);
  const seconds = units[unit];
  // as AWS: the unit is singular for 1 only.
  if (seconds === undefined || value < 1 || (value === 1) === (plural === "s")) {
    throw invalid("Parameter ScheduleExpression is not valid.");
  }
  return value * seconds;
}

/** `--speed` does not make the work that a schedule starts faster. */
const minIntervalMs = 1000;

export function intervalMs(clock: Clock, expression: string): number {
  return Math.max(minIntervalMs, clock.scaled(rateSeconds(expression)));
}
