import type { Clock } from "#local/kernel/index.ts";

/** Real requests and probes do not get faster with `--speed`: a minute of metrics is never shorter than a second. */
const highestSpeed = 60;

/** Wall-clock milliseconds of `seconds` of metrics' time. */
export function metricMs({ speed }: Pick<Clock, "speed">, seconds: number): number {
  return (seconds * 1000) / Math.min(speed, highestSpeed);
}

/** The period of `seconds` that a moment falls into, counted from the epoch; periods are aligned as AWS's are. */
export function periodAt(clock: Pick<Clock, "speed">, seconds: number, epochMilliseconds: number): number {
  return Math.floor(epochMilliseconds / metricMs(clock, seconds) + rounding);
}

export function periodStart(clock: Pick<Clock, "speed">, seconds: number, period: number): number {
  return period * metricMs(clock, seconds);
}

// A start that was rounded to a whole millisecond still falls into its own period.
const rounding = 1e-9;
