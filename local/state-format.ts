import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { writeFileAtomic } from "./kernel/files.ts";

/** Raised whenever a change makes the state directories of earlier versions unreadable. */
const stateFormat = 3;

const formatFile = (directory: string) => path.join(directory, "format");

/** Why this version cannot use a state directory; undefined if it can, or if the directory holds no state yet. */
export function whyIncompatible(directory: string): string | undefined {
  if (!existsSync(path.join(directory, "state.sqlite"))) return undefined;
  const format = readFormat(formatFile(directory));
  if (format === stateFormat || Number.isNaN(format)) return undefined;
  const writer = format < stateFormat ? "an older Lockstep" : "a newer Lockstep";
  return `The state in ${displayName(directory)} was written by ${writer} (state format ${format}; this version uses ${stateFormat}). Fix: lockstep down && rm -r ${displayName(directory)}, then lockstep up`;
}

/** NaN for a damaged file, which `checkState` reports. */
function readFormat(file: string): number {
  if (!existsSync(file)) return 0;
  try {
    return Number(readFileSync(file, "utf8"));
  } catch {
    return Number.NaN;
  }
}

/** Relative to the working directory, where that is shorter to read. */
export function displayName(file: string): string {
  const relative = path.relative("", file);
  return relative === "" || relative.startsWith("..") ? file : relative;
}

export const startFresh = (directory: string) =>
  `lockstep down && mv ${displayName(directory)} ${displayName(directory)}.damaged && lockstep up`;

/** Marks a directory as written by this version; comes before any state. */
export function writeStateFormat(directory: string): void {
  writeFileAtomic(formatFile(directory), `${stateFormat}\n`);
}
