import { spawn } from "node:child_process";
import { openSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { processMark } from "../../local/kernel/marked-processes.ts";
import { describeStorageFailure } from "../../local/kernel/storage-failure.ts";
import { UsageError } from "../errors.ts";
import { CloudNotStarted, failure, type Message, message, type Place, type PlannedChange } from "./control-plane.ts";
import { createStateDirectory, findRunningCloud, type RunningCloud, stateDirectory } from "./state-directory.ts";

const program = fileURLToPath(import.meta.resolve("#local/main.ts"));

export type CloudReady = Extract<Message, { kind: "ready" }>;

interface CloudStart {
  place: Place;
  assembly: string;
  speed: number;
  port: number;
  /** Stacks that are no longer in the assembly and are deleted. */
  deletedStacks: readonly string[];
  signal?: AbortSignal;
  onPlan?(changes: readonly PlannedChange[]): void;
  /** At each resource that was changed. */
  onProgress?(): void;
}

/** Starts the control plane in a process of its own, which outlives the command, and waits until all resources exist. */
export async function startLocalCloud(start: CloudStart): Promise<{ cloud: RunningCloud; ready: CloudReady }> {
  const errors = openLog();
  const { place, assembly, speed, port, deletedStacks } = start;
  const options = { ...place, assembly: path.resolve(assembly), speed, port, deletedStacks };
  const child = spawn(process.execPath, [program, JSON.stringify(options)], {
    cwd: place.directory,
    detached: true,
    stdio: ["ignore", "pipe", errors],
    // `lockstep down` finds it by this mark, even if cloud.json is lost.
    env: { ...process.env, [processMark]: path.join(stateDirectory, "control-plane") },
    signal: start.signal,
    killSignal: "SIGKILL",
  });
  child.on("error", () => undefined); // the start was interrupted, or see below
  child.unref();
  const { stdout } = child;
  if (!stdout) throw new CloudNotStarted(`The local cloud could not be started with ${process.execPath}.`);
  let failed: Extract<Message, { kind: "failed" }> | undefined;
  for await (const line of createInterface({ input: stdout })) {
    const report = message.parse(JSON.parse(line));
    if (report.kind === "plan") start.onPlan?.(report.changes);
    if (report.kind === "progress") start.onProgress?.();
    if (report.kind === "failed") failed = report; // thrown when the process has exited
    const cloud = report.kind === "ready" ? findRunningCloud() : undefined;
    if (report.kind === "ready" && cloud) {
      stdout.destroy();
      return { cloud, ready: report };
    }
  }
  if (failed) throw failure(failed);
  throw new CloudNotStarted(
    `The local cloud exited while starting. Fix: see ${path.join(stateDirectory, "control-plane.log")}.`,
  );
}

function openLog(): number {
  createStateDirectory();
  try {
    return openSync(path.join(stateDirectory, "control-plane.log"), "a", 0o600);
  } catch (error) {
    throw new UsageError(describeStorageFailure(stateDirectory, error), { cause: error });
  }
}
