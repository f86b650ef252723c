import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** Set in the environment of every process that the local cloud starts: the directory of the process that started it. */
export const processMark = "LOCKSTEP_PROCESS";

const rounds = 200;
const pauseMs = 5;

/** Kills every process that was started for a directory or one inside it, in whatever process group; returns their number. */
export function killStartedFor(directory: string): number {
  return killMarked(processMark, (value) => value === directory || value.startsWith(directory + path.sep));
}

/** Kills all processes with such a value of an environment variable, including those that they start meanwhile; returns their number. */
export function killMarked(variable: string, isMatch: (value: string) => boolean): number {
  const killed = new Set<number>();
  for (let round = 0; round < rounds; round += 1) {
    const pids = markedProcesses(variable, isMatch);
    if (pids.length === 0) break;
    for (const pid of pids) killed.add(kill(pid));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs); // until the system has removed them
  }
  return killed.size;
}

function markedProcesses(variable: string, isMatch: (value: string) => boolean): number[] {
  const prefix = `${variable}=`;
  const isMarked = (pid: number) => {
    const entry = readEntries(pid, "environ").find((line) => line.startsWith(prefix));
    return pid !== process.pid && entry !== undefined && isMatch(entry.slice(prefix.length));
  };
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0 && isMarked(pid));
}

/** Kills a process; a keeper with its process group, some of whose members may hide their environment, as PostgreSQL does. */
function kill(pid: number): number {
  const isKeeper = readEntries(pid, "cmdline")[3] === "lockstep-keeper";
  try {
    process.kill(isKeeper ? -pid : pid, "SIGKILL");
  } catch {
    // It has already exited.
  }
  return pid;
}

function readEntries(pid: number, file: "environ" | "cmdline"): string[] {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8").split("\0");
  } catch {
    return []; // exited, or owned by another user
  }
}
