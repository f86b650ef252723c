import type { Clock } from "#local/kernel/index.ts";

/** `--speed` does not speed up real requests and probes, so a minute of metric time lasts at least one second. */
const highestSpeed = 60;

/** Wall-clock milliseconds of `seconds` of metric time. */
export function metricMs({ speed }: Pick<Clock, "speed">, seconds: number): number {
  return (seconds * 1000) / Math.min(speed, highestSpeed);
}

/** Number of the period of `seconds` that contains a time. as AWS: periods are aligned to the epoch. */
export function periodAt(clock: Pick<Clock, "speed">, seconds: number, epochMilliseconds: number): number {
  return Math.floor(epochMilliseconds / metricMs(clock, seconds) + rounding);
}

export function periodStart(clock: Pick<Clock, "speed">, seconds: number, period: number): number {
  return period * metricMs(clock, seconds);
}

// A start rounded to whole milliseconds must still be in its own period.
const rounding = 1e-9;
