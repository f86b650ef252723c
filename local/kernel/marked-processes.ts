import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";

/** Set in the environment of every process that the local cloud starts: the directory of the process that started it. */
export const processMark = "LOCKSTEP_PROCESS";

const rounds = 200;
const pauseMs = 5;
const stopMs = 3000;

/** Kills every process that was started for a directory or one inside it, in whatever process group; returns their number. */
export const killStartedFor = (directory: string): number => killAll(startedIn(directory));

/** Lets the processes started for a directory stop: builds end what they started. Kills those that remain; returns their number. */
export async function endStartedFor(directory: string): Promise<number> {
  const started = startedIn(directory);
  const pids = processesThat(started);
  for (const pid of pids.filter(isKeeper)) kill(pid, "SIGTERM");
  for (const deadline = Date.now() + stopMs; processesThat(started).length > 0 && Date.now() < deadline; )
    await pause(pauseMs);
  return Math.max(pids.length, killAll(started));
}

/** Kills all processes with such a value of an environment variable, including those that they start meanwhile; returns their number. */
export const killMarked = (variable: string, isMatch: (value: string) => boolean): number =>
  killAll(isMarked(variable, isMatch));

type Test = (pid: number) => boolean;

function killAll(isMatch: Test): number {
  const killed = new Set<number>();
  for (let round = 0; round < rounds; round += 1) {
    const pids = processesThat(isMatch);
    if (pids.length === 0) break;
    // A keeper is killed with its process group, some of whose members may hide their environment, as PostgreSQL does.
    for (const pid of pids) kill(isKeeper(pid) ? -pid : pid, "SIGKILL");
    pids.forEach((pid) => killed.add(pid));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs); // until the system has removed them
  }
  return killed.size;
}

const processesThat = (isMatch: Test) =>
  readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid && isMatch(pid));

function isMarked(variable: string, isMatch: (value: string) => boolean): Test {
  const prefix = `${variable}=`;
  return (pid) => {
    const entry = readEntries(pid, "environ").find((line) => line.startsWith(prefix));
    return entry !== undefined && isMatch(entry.slice(prefix.length));
  };
}

/** Started for this directory, or one inside it. PostgreSQL's processes overwrite their environment, but stay in their data directory. */
function startedIn(directory: string): Test {
  const isInside = (value: string) => value === directory || value.startsWith(directory + path.sep);
  const isStarted = isMarked(processMark, isInside);
  return (pid) => isStarted(pid) || (isInside(linkOf(pid, "cwd")) && path.basename(linkOf(pid, "exe")) === "postgres");
}

const isKeeper = (pid: number) => readEntries(pid, "cmdline")[3] === "lockstep-keeper";

function kill(pid: number, signal: "SIGTERM" | "SIGKILL"): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has already exited.
  }
}

function linkOf(pid: number, name: "cwd" | "exe"): string {
  try {
    return readlinkSync(`/proc/${pid}/${name}`);
  } catch {
    return ""; // exited, or owned by another user
  }
}

function readEntries(pid: number, file: "environ" | "cmdline"): string[] {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8").split("\0");
  } catch {
    return []; // exited, or owned by another user
  }
}
