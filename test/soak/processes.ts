import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { processMark } from "#local/kernel/index.ts";

/** A process of a local cloud. */
interface CloudProcess {
  readonly pid: number;
  readonly parent: number;
  /** The directory of the process that a keeper waits for; undefined for other processes. */
  readonly keeps: string | undefined;
}

/** All processes that were started for a local cloud in this directory, by their mark. */
export function processesOf(directory: string): CloudProcess[] {
  const mark = `${processMark}=${directory}${path.sep}`;
  return readdirSync("/proc").flatMap((name) => {
    const pid = Number(name);
    if (!(pid > 0) || !read(pid, "environ").some((variable) => variable.startsWith(mark))) return [];
    const [, , , role, kept] = read(pid, "cmdline");
    return [{ pid, parent: parentOf(pid), keeps: role === "lockstep-keeper" ? kept : undefined }];
  });
}

/** The keepers of a service's processes. */
export const keepersOf = (directory: string, service: string): number[] =>
  processesOf(directory).flatMap(({ pid, keeps }) =>
    keeps?.startsWith(path.join(directory, service) + path.sep) ? [pid] : [],
  );

/** The processes that these keepers wait for. */
export const keptBy = (keepers: readonly number[]): number[] =>
  readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0 && keepers.includes(parentOf(pid)));

function parentOf(pid: number): number {
  const [stat = ""] = read(pid, "stat");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
}

function read(pid: number, file: "environ" | "cmdline" | "stat"): string[] {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8").split("\0");
  } catch {
    return []; // exited
  }
}
