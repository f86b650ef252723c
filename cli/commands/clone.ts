import { existsSync } from "node:fs";
import path from "node:path";
import { findRunningCloud } from "../local/state-directory.ts";
import type { StageOptions } from "../options.ts";
import { gitIn } from "../source/git.ts";
import { connectRemote, credentialSettings, settingArguments } from "../source/remote.ts";
import { cloneUrl } from "../stage/repository.ts";
import { openStage } from "../stage/stage.ts";

/** `lockstep clone <directory>`: a clone of the stage's repository whose credentials come from a helper. */
export async function clone(directory: string, options: StageOptions): Promise<void> {
  const { json = false, profile } = options;
  const { clients, stage } = await openStage(options, findRunningCloud());
  const target = path.resolve(directory);
  const isNew = !existsSync(path.join(target, ".git"));
  if (isNew) {
    const url = await cloneUrl(clients, stage);
    const settings = settingArguments(credentialSettings({ clients, stage, profile }, url));
    await gitIn(process.cwd())(...settings, "clone", "--quiet", "--origin", "lockstep", "--", url, target);
  }
  const { url, name = null } = await connectRemote(gitIn(target), { clients, stage, profile });
  if (json) return console.log(JSON.stringify({ directory: target, remote: name, url, cloned: isNew }, null, 2));
  console.log(`${isNew ? "Cloned into" : "Remote corrected in"} ${directory}: ${name ?? "no remote"} ${url}`);
}
