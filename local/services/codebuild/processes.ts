import { readdirSync, readFileSync } from "node:fs";

/** Set in the environment of every process of a build, so that all of them can be found. */
export const buildMark = "CODEBUILD_BUILD_ID";

const rounds = 200;
const pauseMs = 5;

/** Kills all processes of a build, including those outside its process group and those started meanwhile. */
export function killBuildProcesses(buildId: string): void {
  for (let round = 0; round < rounds; round += 1) {
    const pids = processesOf(buildId);
    if (pids.length === 0) return;
    pids.forEach(kill);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs); // until the system has removed them
  }
}

function processesOf(buildId: string): number[] {
  const entry = `${buildMark}=${buildId}`;
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => environmentOf(pid).includes(entry)).map(Number);
}

function environmentOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1").split("\0");
  } catch {
    return []; // exited, or owned by another user
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has already exited.
  }
}
