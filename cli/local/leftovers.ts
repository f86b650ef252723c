import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { stateDirectory } from "./state-directory.ts";

/**
 * Ends the processes that a killed control plane left running (load balancer, tasks, databases, builds); returns their number.
 * Each has a keeper process whose command line names a directory under the state directory.
 */
export async function endLeftovers(directory = stateDirectory): Promise<number> {
  const keepers = readdirSync("/proc", { withFileTypes: true })
    .filter((entry) => /^\d+$/.test(entry.name))
    .map((entry) => ({ pid: Number(entry.name), command: commandLine(entry.name) }))
    .filter(({ command }) => command[3] === "lockstep-keeper" && command[4]?.startsWith(directory + path.sep));
  for (const { pid } of keepers) process.kill(-pid, "SIGKILL");
  return keepers.length;
}

function commandLine(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return []; // the process has just ended
  }
}
