import { spawn } from "node:child_process";
import { mkdirSync, openSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import * as z from "zod";
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
  onProgress(progress: CloudProgress): void;
}

/** The local cloud did not come up; the message is its own. */
export class CloudNotStarted extends Error {
  override readonly name = "CloudNotStarted";
}

/** Starts the control plane in a process of its own, which goes on when we end, and waits until everything is provisioned. */
export async function startLocalCloud(start: CloudStart): Promise<{ cloud: RunningCloud; ready: CloudReady }> {
  mkdirSync(stateDirectory, { recursive: true, mode: 0o700 });
  const { assembly, speed, port } = start;
  const options = {
    assembly,
    directory: stateDirectory,
    region: "eu-central-1",
    accountId: "123456789012",
    speed,
    port,
  };
  const errors = openSync(path.join(stateDirectory, "control-plane.log"), "a", 0o600);
  const child = spawn(process.execPath, [path.join(root, "local", "main.ts"), JSON.stringify(options)], {
    cwd: root,
    detached: true,
    stdio: ["ignore", "pipe", errors],
  });
  child.unref();
  const { stdout } = child;
  if (!stdout) throw new CloudNotStarted(`The local cloud could not be started with ${process.execPath}.`);
  for await (const line of createInterface({ input: stdout })) {
    const told = message.parse(JSON.parse(line));
    if (told.kind === "progress") start.onProgress(told);
    if (told.kind === "failed") throw refusal(told);
    const cloud = told.kind === "ready" ? findRunningCloud() : undefined;
    if (told.kind === "ready" && cloud) {
      stdout.destroy();
      return { cloud, ready: told };
    }
  }
  throw new CloudNotStarted(
    `The local cloud ended while it started; see ${path.join(stateDirectory, "control-plane.log")}.`,
  );
}

/** A cloud that another call is starting at this moment is not a cloud that cannot be started. */
const refusal = ({ name, message }: { name: string; message: string }) =>
  name === "AlreadyStarted" ? new UsageError(message) : new CloudNotStarted(message);
