import { spawn } from "node:child_process";
import { mkdirSync, openSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import * as z from "zod";
import { processMark } from "../../local/kernel/marked-processes.ts";
import { describeStorageFailure } from "../../local/kernel/storage-failure.ts";
import { checkDirectory } from "../../local/state-check.ts";
import { UsageError } from "../errors.ts";
import { findRunningCloud, type RunningCloud, stateDirectory } from "./state-directory.ts";

const root = path.resolve(import.meta.dirname, "..", "..");

const message = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("progress"),
    stack: z.string(),
    logicalId: z.string(),
    type: z.string(),
    change: z.string(),
  }),
  z.object({
    kind: z.literal("ready"),
    /** The port of the last run, if another process uses it now. */
    takenPort: z.number().optional(),
    inertTypes: z.record(z.string(), z.number()),
    inertProperties: z.array(z.string()),
  }),
  z.object({ kind: z.literal("failed"), name: z.string(), message: z.string() }),
]);
export type CloudProgress = Extract<z.output<typeof message>, { kind: "progress" }>;
export type CloudReady = Extract<z.output<typeof message>, { kind: "ready" }>;

interface CloudStart {
  assembly: string;
  speed: number;
  port: number;
  signal: AbortSignal;
  onProgress(progress: CloudProgress): void;
}

/** The local cloud did not start. */
export class CloudNotStarted extends Error {
  override readonly name = "CloudNotStarted";
}

/** Starts the control plane in a process of its own, which outlives the command, and waits until all resources exist. */
export async function startLocalCloud(start: CloudStart): Promise<{ cloud: RunningCloud; ready: CloudReady }> {
  const errors = openLog();
  const { assembly, speed, port } = start;
  const options = {
    assembly,
    directory: stateDirectory,
    region: "eu-central-1",
    accountId: "123456789012",
    speed,
    port,
  };
  const child = spawn(process.execPath, [path.join(root, "local", "main.ts"), JSON.stringify(options)], {
    cwd: root,
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
  let failed: Extract<z.output<typeof message>, { kind: "failed" }> | undefined;
  for await (const line of createInterface({ input: stdout })) {
    const report = message.parse(JSON.parse(line));
    if (report.kind === "progress") start.onProgress(report);
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
  try {
    checkDirectory(stateDirectory);
    mkdirSync(stateDirectory, { recursive: true, mode: 0o700 });
    return openSync(path.join(stateDirectory, "control-plane.log"), "a", 0o600);
  } catch (error) {
    throw new UsageError(describeStorageFailure(stateDirectory, error), { cause: error });
  }
}

/** Another command is starting the cloud at this moment, or its state has to be repaired: not a failed start. */
const failure = ({ name, message }: { name: string; message: string }) =>
  ["AlreadyStarted", "StateDamaged"].includes(name) ? new UsageError(message) : new CloudNotStarted(message);
