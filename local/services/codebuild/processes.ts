import { readdirSync, readFileSync } from "node:fs";

/** In the environment of every process of a build, and so the way to find them all. */
export const buildMark = "CODEBUILD_BUILD_ID";

const rounds = 200;
const pauseMs = 5;

/** Ends whatever a build started and still runs, also what left its process group, and what it starts meanwhile. */
export function killBuildProcesses(buildId: string): void {
  for (let round = 0; round < rounds; round += 1) {
    const found = processesOf(buildId);
    if (found.length === 0) return;
    found.forEach(kill);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs); // until the system has taken them away
  }
}

function processesOf(buildId: string): number[] {
  const wanted = `${buildMark}=${buildId}`;
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => environmentOf(pid).includes(wanted)).map(Number);
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
