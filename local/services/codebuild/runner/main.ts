/**
 * Runs one build in a process that outlives the control plane. It writes its progress to `progress.jsonl`.
 * Argument: the directory with `job.json`. Environment: that of the build's commands, and the git token.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { constants, setPriority } from "node:os";
import path from "node:path";
import { processMark } from "#local/kernel/index.ts";
import { BuildspecInvalid } from "../buildspec.ts";
import { buildMark, killBuildProcesses } from "../processes.ts";
import {
  compileCacheVariable,
  phaseSucceeded,
  readJob,
  tokenVariable,
  type EndStatus,
  type Job,
  type PhaseContext,
} from "../progress.ts";
import { openCache, type BuildCache } from "./cache.ts";
import { runCommands } from "./commands.ts";
import { prepare, type Prepared } from "./prepare.ts";
import { openReport, type Report } from "./report.ts";
import { SecretFailed } from "./secrets.ts";
import { startShell, type Shell } from "./shell.ts";
import { SourceFailed } from "./source.ts";

type Interruption = "STOPPED" | "TIMED_OUT";

const directory = process.argv[2] ?? "";
const job = readJob(readFileSync(path.join(directory, "job.json"), "utf8"));
const report = openReport(path.join(directory, "progress.jsonl"));
const token = process.env[tokenVariable] ?? "";
// The build's commands must not inherit these. The runner itself does not carry the build mark, so it is not killed with them.
delete process.env[tokenVariable];
delete process.env[compileCacheVariable];
delete process.env[processMark];

process.umask(0o022); // as in a container: modes of files go into images
report.hide([token, process.env.AWS_SECRET_ACCESS_KEY ?? "", process.env.AWS_SESSION_TOKEN ?? ""]);

const interrupted = new Promise<Interruption>((resolve) => {
  process.once("SIGTERM", () => resolve("STOPPED"));
  setTimeout(() => resolve("TIMED_OUT"), Math.max(0, job.deadline - Date.now())).unref();
});

const status = await Promise.race([build(job, report), interrupted.then(interrupt)]);
// Remaining processes must not write while the workspace is deleted.
killBuildProcesses(job.buildId);
if (status !== "STOPPED" && status !== "TIMED_OUT") {
  report.beginPhase("FINALIZING");
  report.endPhase("SUCCEEDED", phaseSucceeded);
}
report.done(status);
// After the end: nothing waits for it, and a large node_modules takes longer to delete than to build an image of.
setPriority(constants.priority.PRIORITY_LOW);
rmSync(job.workspace, { recursive: true, force: true, maxRetries: 5 });
process.exit(0);

async function build(job: Job, report: Report): Promise<EndStatus> {
  report.beginPhase("DOWNLOAD_SOURCE");
  mkdirSync(path.join(job.workspace, "commands"), { recursive: true, mode: 0o700 });
  placeFoldersApart(job.workspace);
  let prepared: Prepared;
  let cache: BuildCache | undefined;
  try {
    prepared = await prepare(job, report, token);
    cache = openCache(job, prepared, report);
    cache?.restore();
  } catch (error) {
    report.endPhase("FAILED", explain(error));
    return "FAILED";
  }
  report.endPhase("SUCCEEDED", phaseSucceeded);
  const shell = reopeningShell(job, report, prepared);
  const { succeeded, reachedBuild } = await runCommands({ buildspec: prepared.buildspec, report, shell });
  await exportVariables(shell(), prepared);
  if (reachedBuild) {
    report.beginPhase("UPLOAD_ARTIFACTS");
    // differs from AWS, perhaps: that a failed build saves no cache is not documented.
    if (succeeded) cache?.save();
    report.endPhase("SUCCEEDED", phaseSucceeded);
  }
  return succeeded ? "SUCCEEDED" : "FAILED";
}

/**
 * ext4 creates files beside their folder, after a search past all inodes that were deleted there in the last minutes: those of the build before
 * (`recently_deleted` in https://github.com/torvalds/linux/blob/master/fs/ext4/ialloc.c), which makes an installation several times slower.
 * With this attribute each folder begins elsewhere on the disk. Other file systems need it no more than they have it.
 */
function placeFoldersApart(folder: string): void {
  spawnSync("chattr", ["+T", folder], { stdio: "ignore" });
}

function explain(error: unknown): PhaseContext {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof BuildspecInvalid) return { statusCode: "YAML_FILE_ERROR", message };
  if (error instanceof SecretFailed) return { statusCode: "Secrets Manager Error", message };
  if (error instanceof SourceFailed) return { statusCode: "CLIENT_ERROR", message };
  return { statusCode: "INTERNAL_SERVICE_ERROR", message };
}

function reopeningShell(job: Job, report: Report, { buildspec, sourceDirectory, env }: Prepared): () => Shell {
  const open = () =>
    startShell({
      program: buildspec.env.shell,
      cwd: sourceDirectory,
      env: { ...env, [buildMark]: job.buildId },
      directory: path.join(job.workspace, "commands"),
      onLine: report.output,
    });
  let shell = open();
  return () => {
    // AWS does not document this case: after a command that exits the shell, the next one gets a new shell.
    if (shell.hasEnded) shell = open();
    return shell;
  };
}

async function exportVariables(shell: Shell, { buildspec, secretNames }: Prepared): Promise<void> {
  const names = buildspec.env["exported-variables"].filter((name) => !secretNames.has(name));
  if (names.length === 0) return;
  const environment = await shell.environment();
  const variables = names.flatMap((name) => (environment?.[name] === undefined ? [] : [[name, environment[name]]]));
  report.exported(Object.fromEntries(variables));
}

function interrupt(status: Interruption): EndStatus {
  const stopped = { statusCode: "BUILD_STOPPED", message: "Build was stopped" };
  const timedOut = { statusCode: "BUILD_TIMED_OUT", message: "Build has timed out." };
  report.endPhase(status, status === "STOPPED" ? stopped : timedOut);
  return status;
}
