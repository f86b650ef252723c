import { cpSync, mkdirSync } from "node:fs";
import path from "node:path";
import type { ConfigInput } from "../../lib/config/index.ts";
import type { Status } from "../../cli/stage/status.ts";
import { type CommandResult, runLockstep, type RunOptions } from "./command-line.ts";
import { workingCopy, type WorkingCopy } from "./git.ts";

/** A repository with a configuration of its own, outside of Lockstep's. */
export interface OwnApp {
  copy: WorkingCopy;
  directory: string;
  /** Runs `lockstep <args>` in a folder of the repository. */
  lockstep(...args: string[]): Promise<CommandResult>;
  run(args: readonly string[], options: RunOptions): Promise<CommandResult>;
  status(): Promise<Status>;
  remove(): Promise<void>;
}

const fixture = path.resolve(import.meta.dirname, "..", "fixtures", "tiny-app");
/** Commands run here: Lockstep looks for the configuration above it. */
const folder = "src/pages";

export const configOf = (config: Partial<ConfigInput>): string =>
  `export default ${JSON.stringify({ name: "shop", app: {}, stages: { production: { branch: "main" } }, ...config })};\n`;

export async function createOwnApp(config: Partial<ConfigInput> = {}): Promise<OwnApp> {
  const copy = await workingCopy();
  const { directory } = copy;
  cpSync(fixture, directory, { recursive: true });
  mkdirSync(path.join(directory, folder));
  await copy.commit({ "lockstep.config.ts": configOf(config) }, "Add the app");
  const run = (args: readonly string[], options: RunOptions) =>
    runLockstep(args, { ...options, directory: path.join(directory, folder) });
  const lockstep = (...args: string[]) => run(args, {});
  return {
    copy,
    directory,
    lockstep,
    run,
    status: async () => JSON.parse((await lockstep("status", "--json")).stdout) as Status,
    async remove() {
      await lockstep("down");
      copy.remove();
    },
  };
}
