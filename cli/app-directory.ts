import { existsSync } from "node:fs";
import path from "node:path";

const name = "lockstep.config.ts";

/** The configuration of the app: in the working directory, else in the nearest directory above it, up to the top of its repository. */
export const configurationFile = path.resolve(process.env.LOCKSTEP_CONFIG ?? findUpwards(process.cwd()) ?? name);

export const appDirectory = path.dirname(configurationFile);

/** Of this package. */
export const lockstepDirectory = path.resolve(import.meta.dirname, "..");

/** In Lockstep's own repository, `up` deploys the example app instead of the repository. */
export const isLockstepsOwn = appDirectory === lockstepDirectory;

function findUpwards(directory: string): string | undefined {
  const file = path.join(directory, name);
  if (existsSync(file)) return file;
  const parent = path.dirname(directory);
  return parent === directory || existsSync(path.join(directory, ".git")) ? undefined : findUpwards(parent);
}
