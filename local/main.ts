import { rmSync } from "node:fs";
import path from "node:path";
import { takeLease, writeFileAtomic } from "#local/kernel/index.ts";
import * as z from "zod";
import { startCloud } from "./index.ts";

const options = z
  .strictObject({
    assembly: z.string(),
    directory: z.string(),
    region: z.string(),
    accountId: z.string(),
    speed: z.number().positive(),
    port: z.number().int(),
  })
  .parse(JSON.parse(process.argv[2] ?? "{}"));

/** What the command line is told while the cloud starts, one JSON object a line on standard output. */
const tell = (message: Record<string, unknown>) => process.stdout.write(`${JSON.stringify(message)}\n`);
const stateFile = path.join(options.directory, "cloud.json");

// Whoever started us may be gone; that must not end us.
process.stdout.on("error", () => undefined);

/** Two control planes on one directory would each undo what the other does. */
class AlreadyStarted extends Error {
  override readonly name = "AlreadyStarted";
}

try {
  const lease = takeLease(path.join(options.directory, "lease.sqlite"));
  if (!lease) {
    throw new AlreadyStarted(
      `The local cloud of ${options.directory} is being started already, or runs. \`npx lockstep status\` tells when it is there.`,
    );
  }
  const started = await startCloud({ ...options, onProgress: (progress) => tell({ kind: "progress", ...progress }) });
  const { cloud, credentials, inert } = started;
  const { region, accountId, speed } = options;
  const gitToken = cloud.issueToken({ kind: "root", arn: `arn:aws:iam::${accountId}:root` });
  writeFileAtomic(
    stateFile,
    JSON.stringify({ pid: process.pid, endpoint: cloud.endpoint, region, accountId, speed, gitToken, ...credentials }),
  );
  const end = async (how: "stop" | "shutDown") => {
    await started[how]();
    rmSync(stateFile, { force: true });
    lease.release();
    process.exit(0);
  };
  // SIGTERM ends everything; SIGHUP lets go and leaves tasks, database and load balancer running.
  process.once("SIGTERM", () => void end("shutDown"));
  process.once("SIGHUP", () => void end("stop"));
  process.on("SIGINT", () => undefined);
  tell({ kind: "ready", inertTypes: Object.fromEntries(inert.types), inertProperties: [...inert.properties] });
} catch (error) {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  tell({ kind: "failed", name, message });
  process.exit(1);
}
