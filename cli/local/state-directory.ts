import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import * as z from "zod";
import { appDirectory } from "../app-directory.ts";
import { UsageError } from "../errors.ts";
import { isRunning, type ProcessIdentity } from "../../local/kernel/process-identity.ts";
import { describeStorageFailure, whyNotWritable } from "../../local/kernel/storage-failure.ts";
import { checkDirectory } from "../../local/state-check.ts";

/** Where the local cloud keeps its state: beside the configuration, never committed. */
export const stateDirectory = path.resolve(process.env.LOCKSTEP_STATE ?? path.join(appDirectory, ".lockstep"));

/** It contains keys and passwords: closed to other users, and ignored by git. */
export function createStateDirectory(): void {
  try {
    checkDirectory(stateDirectory);
    if (existsSync(stateDirectory)) return;
    mkdirSync(stateDirectory, { recursive: true, mode: 0o700 });
    writeFileSync(path.join(stateDirectory, ".gitignore"), "*\n", { mode: 0o600 });
  } catch (error) {
    throw new UsageError(describeStorageFailure(stateDirectory, error), { cause: error });
  }
}

const running = z.object({
  pid: z.number(),
  startTime: z.string(),
  endpoint: z.string(),
  region: z.string(),
  accountId: z.string(),
  speed: z.number(),
  /** Password of git over HTTP. */
  gitToken: z.string(),
  accessKeyId: z.string(),
  secretAccessKey: z.string(),
});

/** A running local cloud, as it describes itself in `.lockstep/cloud.json` (mode 0600). */
export interface RunningCloud extends z.output<typeof running> {
  /** Certificate authority of its databases. */
  databaseCaFile: string;
}

class CloudFileDamaged extends UsageError {}

const identity = running.pick({ pid: true, startTime: true });
/** The command that replaces the control plane at the moment. */
export const updaterFile = (directory = stateDirectory) => path.join(directory, "update.json");

export function findUpdater(directory = stateDirectory): ProcessIdentity | undefined {
  try {
    const updater = identity.parse(JSON.parse(readFileSync(updaterFile(directory), "utf8")));
    return isRunning(updater) ? updater : undefined;
  } catch {
    return undefined; // there is no update, or it has just ended
  }
}

/** The local cloud of this directory, if it is running. Throws during an update: a command must not work on AWS instead. */
export function findRunningCloud(directory = stateDirectory): RunningCloud | undefined {
  const file = path.join(directory, "cloud.json");
  if (!existsSync(file)) {
    const updater = findUpdater(directory);
    if (updater)
      throw new UsageError(
        `The local cloud of this directory is being updated by another command (process ${updater.pid}). Fix: wait until it has ended.`,
      );
    return undefined;
  }
  const cloud = readCloud(file);
  if (!isRunning(cloud)) return undefined;
  return { ...cloud, databaseCaFile: path.join(directory, "rds", "rds-ca.pem") };
}

/** What an operator should know of a local cloud that exited without being stopped. */
export function describeUnexpectedExit(directory = stateDirectory): string | undefined {
  const file = path.join(directory, "cloud.json");
  if (!existsSync(file) || findRunningCloud(directory)) return undefined;
  const log = path.relative("", path.join(directory, "control-plane.log"));
  return `The local cloud exited unexpectedly; the app may still be running. Its last output is in ${log}. Resume with lockstep up`;
}

/** What an operator should know of a running local cloud that cannot write: it pauses, and resumes by itself. */
export function describeStorageProblem(directory = stateDirectory): string | undefined {
  const reason = findRunningCloud(directory) && whyNotWritable(directory);
  if (reason === undefined) return undefined;
  return `The local cloud cannot write to ${path.relative("", directory)}: ${reason}. The app keeps running; deployments pause. Fix: free space or make the file system writable; the local cloud then resumes by itself`;
}

function readCloud(file: string): z.output<typeof running> {
  try {
    return running.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (cause) {
    throw new CloudFileDamaged(
      `${path.relative("", file)}, which describes the running local cloud, is damaged; its data is not. Run: lockstep down, then lockstep up`,
      { cause },
    );
  }
}

/** As `findRunningCloud`, for commands that replace a damaged description. */
export function findDescribedCloud(directory = stateDirectory): RunningCloud | undefined {
  try {
    return findRunningCloud(directory);
  } catch (error) {
    if (error instanceof CloudFileDamaged) return undefined;
    throw error;
  }
}
