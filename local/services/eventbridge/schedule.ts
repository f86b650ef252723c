import type { Clock } from "#local/kernel/index.ts";
import { invalid } from "./errors.ts";

const units: Readonly<Record<string, number>> = { minute: 60, hour: 3600, day: 86_400 };

/** Seconds between two runs of `rate(5 minutes)`. */
export function rateSeconds(expression: string): number {
  if (expression.startsWith("cron(")) {
    throw invalid(
      `Parameter ScheduleExpression is not valid here: cron expressions are not run locally, rate() is (${expression}).`,
    );
  }
  const [, count = "", unit = "", plural = ""] = /^rate\((\d+) (minute|hour|day)(s?)\)$/.exec(expression) ?? [];
  const value = Number(count);
  const seconds = units[unit];
  // as AWS: the unit is singular for 1 alone.
  if (seconds === undefined || value < 1 || (value === 1) === (plural === "s")) {
    throw invalid("Parameter ScheduleExpression is not valid.");
  }
  return value * seconds;
}

/** Time that runs faster does not make the machine faster: what a schedule starts is real work. */
const leastMilliseconds = 1000;

/** Milliseconds until the next run. */
export function untilNextRun(clock: Clock, expression: string): number {
  return Math.max(leastMilliseconds, clock.scaled(rateSeconds(expression)));
}
