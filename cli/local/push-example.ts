import { execFile } from "node:child_process";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const example = path.resolve(import.meta.dirname, "..", "..", "examples", "storefront");
const excluded = new Set(["node_modules", "dist", ".git"]);

/** Pushes the example app as the first commit of a repository; returns the commit. */
export async function pushExample(gitUrl: string, branch: string): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), "lockstep-storefront-"));
  const git = async (...args: string[]) => (await run("git", ["-C", directory, ...args])).stdout.trim();
  try {
    await cp(example, directory, { recursive: true, filter: (source) => !excluded.has(path.basename(source)) });
    await git("init", "--quiet", `--initial-branch=${branch}`);
    await git("add", "--all");
    const author = ["-c", "user.name=Lockstep", "-c", "user.email=lockstep@localhost", "-c", "commit.gpgsign=false"];
    await git(...author, "commit", "--quiet", "--no-verify", "--message", "Add the storefront");
    await git("push", "--quiet", gitUrl, `HEAD:refs/heads/${branch}`);
    return await git("rev-parse", "HEAD");
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
