import { readdirSync, readFileSync } from "node:fs";

/** In the environment of every process of a build, and so the way to find them all. */
export const buildMark = "CODEBUILD_BUILD_ID";

/** Ends whatever a build started and still runs, also what left its process group. Returns how many processes there were. */
export function killBuildProcesses(buildId: string): number {
  const wanted = `${buildMark}=${buildId}`;
  const found = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && environmentOf(name).includes(wanted));
  for (const pid of found) kill(Number(pid));
  return found.length;
}

function environmentOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1").split("\0");
  } catch {
    return []; // gone, or of another user
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself.
  }
}
