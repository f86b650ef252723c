import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { lockstepDirectory } from "../app-directory.ts";
import type { Clients } from "../stage/clients.ts";
import { cloneUrl } from "../stage/repository.ts";
import type { Stage } from "../stage/stage.ts";
import { gitIn } from "./git.ts";
import { credentialSettings, settingArguments } from "./remote.ts";

const example = path.join(lockstepDirectory, "examples", "storefront");
const excluded = new Set(["node_modules", "dist", ".git"]);

/** Pushes the example app as the first commit of the stage's repository; returns the commit. */
export async function pushExample(clients: Clients, stage: Stage): Promise<string> {
  const { branch } = stage.config;
  const url = await cloneUrl(clients, stage);
  const settings = settingArguments(credentialSettings({ clients, stage, profile: undefined }, url));
  const directory = await mkdtemp(path.join(tmpdir(), "lockstep-storefront-"));
  const git = gitIn(directory);
  try {
    await cp(example, directory, { recursive: true, filter: (source) => !excluded.has(path.basename(source)) });
    await git("init", "--quiet", `--initial-branch=${branch}`);
    await git("add", "--all");
    const author = ["-c", "user.name=Lockstep", "-c", "user.email=lockstep@localhost", "-c", "commit.gpgsign=false"];
    await git(...author, "commit", "--quiet", "--no-verify", "--message", "Add the storefront");
    await git(...settings, "push", "--quiet", url, `HEAD:refs/heads/${branch}`);
    return await git("rev-parse", "HEAD");
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
