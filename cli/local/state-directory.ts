import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import * as z from "zod";

/** Where the local cloud keeps everything; beside the configuration, never committed. */
export const stateDirectory = path.resolve(process.env.LOCKSTEP_STATE ?? ".lockstep");

const running = z.object({
  pid: z.number(),
  endpoint: z.string(),
  region: z.string(),
  accountId: z.string(),
  speed: z.number(),
  /** Password of git over HTTP. */
  gitToken: z.string(),
  accessKeyId: z.string(),
  secretAccessKey: z.string(),
});

/** What a running local cloud tells of itself in `.lockstep/cloud.json` (mode 0600). */
export type RunningCloud = z.output<typeof running>;

/** The local cloud of this folder if it runs and answers; undefined otherwise. */
export function findRunningCloud(directory = stateDirectory): RunningCloud | undefined {
  const file = path.join(directory, "cloud.json");
  if (!existsSync(file)) return undefined;
  const cloud = running.parse(JSON.parse(readFileSync(file, "utf8")));
  return isAlive(cloud.pid) ? cloud : undefined;
}

/** A process that has ended but that nobody has buried yet is not alive. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const stat = `/proc/${pid}/stat`;
  return !existsSync(stat) || !/\) Z /.test(readFileSync(stat, "utf8"));
}
