import { setTimeout as pause } from "node:timers/promises";
import * as z from "zod";
import { isRunning, type ProcessIdentity } from "../../local/kernel/process-identity.ts";
import { UsageError } from "../errors.ts";
import { stateDirectory } from "./state-directory.ts";

const change = z.object({
  stack: z.string(),
  logicalId: z.string(),
  type: z.string(),
  action: z.literal(["create", "update", "replace", "delete"]),
  properties: z.array(z.string()),
});
export type PlannedChange = z.output<typeof change>;

/** What the processes of the local cloud report on standard output, one JSON object per line. */
export const message = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("plan"), changes: z.array(change) }),
  z.object({
    kind: z.literal("progress"),
    stack: z.string(),
    logicalId: z.string(),
    type: z.string(),
    change: z.string(),
  }),
  z.object({
    kind: z.literal("ready"),
    /** Ports of the last run that other processes use now, by what had them. */
    takenPorts: z.record(z.string(), z.number()),
    inertTypes: z.record(z.string(), z.number()),
    inertProperties: z.array(z.string()),
  }),
  z.object({ kind: z.literal("failed"), name: z.string(), message: z.string() }),
]);
export type Message = z.output<typeof message>;

/** The local cloud did not start. */
export class CloudNotStarted extends Error {
  override readonly name = "CloudNotStarted";
}

/** Another command is starting the cloud at this moment, its state has to be repaired, or the configuration to be corrected: not a failed start. */
const mistakes = ["AlreadyStarted", "StateDamaged", "UpdateRefused", "TemplateNotSupported"];

export const failure = ({ name, message }: { name: string; message: string }) =>
  mistakes.includes(name) ? new UsageError(message) : new CloudNotStarted(message);

/** Where the local cloud keeps its state, and the AWS account and Region that it represents. */
export interface Place {
  directory: string;
  region: string;
  accountId: string;
}

export const placeOf = ({ account, region }: { account?: string | undefined; region?: string | undefined }): Place => ({
  directory: stateDirectory,
  region: region ?? "eu-central-1",
  accountId: account ?? "123456789012",
});

const stopSeconds = 60;
const pollMs = 50;
const stops = {
  SIGTERM: { what: "local cloud", next: "lockstep down" },
  /** The app, its database and the load balancer keep running. */
  SIGHUP: { what: "control plane", next: "lockstep up" },
};

/** Returns when its process has exited. */
export async function stopCloud(cloud: ProcessIdentity, signal: keyof typeof stops): Promise<void> {
  process.kill(cloud.pid, signal);
  const deadline = Date.now() + stopSeconds * 1000;
  while (isRunning(cloud)) {
    const { what, next } = stops[signal];
    if (Date.now() > deadline)
      throw new Error(
        `The ${what} (process ${cloud.pid}) did not stop within ${stopSeconds} s. Fix: kill -9 ${cloud.pid}, then ${next}`,
      );
    await pause(pollMs);
  }
}
