import { InvalidArgumentError } from "commander";
import type { StageChoice } from "./stage/stage.ts";

/** Options of every command that works on a stage. */
export interface StageOptions extends StageChoice {
  json?: boolean;
}

/** Options of a command that records why it was run. */
export interface ReasonOptions extends StageOptions {
  reason?: string;
}

export function parseCount(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError("Expected a whole number, at least 1.");
  return number;
}

export function parseFactor(value: string): number {
  const number = Number(value);
  if (!(number > 0 && number <= 10_000))
    throw new InvalidArgumentError("Expected a number greater than 0, at most 10000.");
  return number;
}

const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** A duration before now, or a time; returns milliseconds since 1970. */
export function parseSince(value: string): number {
  const [, count = "", unit = ""] = /^(\d+)([smhd])$/.exec(value) ?? [];
  const isTime = /^\d{4}-\d\d-\d\d/.test(value);
  const time =
    unit === "" ? (isTime ? Date.parse(value) : Number.NaN) : Date.now() - Number(count) * (units[unit] ?? 0) * 1000;
  if (Number.isNaN(time) || time < 0)
    throw new InvalidArgumentError(
      "Expected a duration such as 30s, 10m, 2h or 1d, or a time such as 2030-01-31T12:00Z.",
    );
  return time;
}

export function parsePort(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1024 || number > 65_535)
    throw new InvalidArgumentError("Expected a port from 1024 to 65535.");
  return number;
}
