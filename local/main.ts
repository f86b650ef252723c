import { chmodSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { describeStorageFailure, identityOf, storageFailure, takeLease, writeFileAtomic } from "#local/kernel/index.ts";
import * as z from "zod";
import { startCloud } from "./index.ts";
import { checkDirectory, checkState, explain, explainDamage } from "./state-check.ts";
import { restartPaused, storageReturns } from "./storage-pause.ts";
import { whyIncompatible, writeStateFormat } from "./state-format.ts";

const options = z
  .strictObject({
    assembly: z.string(),
    directory: z.string(),
    region: z.string(),
    accountId: z.string(),
    speed: z.number().positive(),
    port: z.number().int(),
    deletedStacks: z.array(z.string()),
  })
  .parse(JSON.parse(process.argv[2] ?? "{}"));

// The state contains keys and passwords. Libraries and child processes create files in it too, so the umask protects all of them.
process.umask(0o077);

/** Reports the start to the command line: one JSON object per line on standard output. */
const report = (message: Record<string, unknown>) => process.stdout.write(`${JSON.stringify(message)}\n`);
const stateFile = path.join(options.directory, "cloud.json");

// The process that started the local cloud may have exited; that must not end the local cloud.
process.stdout.on("error", () => undefined);

/** Two control planes on one directory would overwrite each other's state. */
class AlreadyStarted extends Error {
  override readonly name = "AlreadyStarted";
}

/** For a directory that was created before, with the umask of that time. PostgreSQL's group (0710) keeps its access. */
function closeToOthers(directory: string): void {
  if ((statSync(directory).mode & 0o067) !== 0) chmodSync(directory, 0o700);
}

/** Set once a failure must not be reported as one of the start. */
let phase: "starting" | "running" | "stopping" = "starting";
const wasPaused = await storageReturns(options.directory);
if (wasPaused) phase = "running";

/** The journal has every step up to here, so the next start resumes. Going on could lose a step that was not recorded. */
function fail(thrown: unknown): never {
  const error = explainDamage(options.directory, thrown);
  const reason = storageFailure(error);
  if (reason !== undefined && phase === "running")
    restartPaused(`${options.directory}: ${reason} (${error instanceof Error ? error.message : String(error)})`);
  const message = describeStorageFailure(options.directory, error);
  console.error(`${new Date().toISOString()} ${message}`, error);
  const { name } = error instanceof Error ? error : new Error();
  if (phase === "starting") report({ kind: "failed", name, message });
  process.exit(1);
}

process.on("uncaughtException", fail);

try {
  checkDirectory(options.directory);
  const leaseFile = path.join(options.directory, "lease.sqlite");
  const lease = explain(options.directory, { file: leaseFile, isReplaceable: true }, () => takeLease(leaseFile));
  if (!lease) {
    throw new AlreadyStarted(
      `A local cloud in ${options.directory} is already starting or running. Run: npx lockstep status`,
    );
  }
  closeToOthers(options.directory);
  checkState(options.directory);
  const problem = whyIncompatible(options.directory);
  if (problem !== undefined) throw new Error(problem);
  writeStateFormat(options.directory);
  const started = await startCloud({
    ...options,
    onPlan: (changes) => report({ kind: "plan", changes }),
    accessLog: process.env.LOCKSTEP_ACCESS_LOG,
    onProgress: (progress) => report({ kind: "progress", ...progress }),
  });
  const { cloud, credentials, inert, takenPorts } = started;
  const { region, accountId, speed } = options;
  const gitToken = cloud.issueToken({ kind: "root", arn: `arn:aws:iam::${accountId}:root` });
  writeFileAtomic(
    stateFile,
    JSON.stringify({
      ...identityOf(process.pid),
      endpoint: cloud.endpoint,
      region,
      accountId,
      speed,
      gitToken,
      ...credentials,
    }),
  );
  const exit = async (how: "stop" | "shutDown") => {
    phase = "stopping";
    await started[how]();
    rmSync(stateFile, { force: true });
    lease.release();
    process.exit(0);
  };
  // SIGTERM stops everything; SIGHUP only the control plane: tasks, databases and load balancers keep running.
  process.once("SIGTERM", () => void exit("shutDown"));
  process.once("SIGHUP", () => void exit("stop"));
  process.on("SIGINT", () => undefined);
  phase = "running";
  report({
    kind: "ready",
    takenPorts: Object.fromEntries(takenPorts),
    inertTypes: Object.fromEntries(inert.types),
    inertProperties: [...inert.properties],
  });
} catch (error) {
  fail(error);
}
