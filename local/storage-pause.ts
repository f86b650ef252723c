import { setTimeout as pause } from "node:timers/promises";
import { whyNotWritable } from "#local/kernel/index.ts";

const variable = "LOCKSTEP_PAUSED";
const pollMs = 1000;

const log = (message: string) => console.error(`${new Date().toISOString()} ${message}`);

/**
 * Replaces the program of this process by itself: nothing that was not recorded survives in memory, and the process keeps its id, under
 * which `cloud.json` names it. The new one begins with `storageReturns`.
 */
export function restartPaused(reason: string): never {
  log(`Control plane paused: ${reason}`);
  const argv = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  if (process.execve) process.execve(process.execPath, argv, { ...process.env, [variable]: reason });
  process.exit(1);
}

/** After `restartPaused`: waits until the directory is writable. Returns whether this process was paused. */
export async function storageReturns(directory: string): Promise<boolean> {
  const reason = process.env[variable];
  delete process.env[variable];
  if (reason === undefined) return false;
  while (whyNotWritable(directory) !== undefined) await pause(pollMs);
  // The first message may have been lost, because it is on the same disk.
  log(`Control plane resumes, was paused: ${reason}`);
  return true;
}
