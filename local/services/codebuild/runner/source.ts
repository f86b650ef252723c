import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { buildMark } from "../processes.ts";
import type { Job } from "../progress.ts";

/** The source could not be downloaded. The message is CodeBuild's. */
export class SourceFailed extends Error {
  override readonly name = "SourceFailed";
}

/** Fetches and checks out exactly one commit of the repository. Returns its id. */
export async function downloadSource(job: Job, token: string, directory: string): Promise<string> {
  mkdirSync(directory, { recursive: true });
  const git = gitIn(directory, job, token);
  const version = job.sourceVersion ?? "HEAD";
  const forVersion = `for primary source and source version ${version}`;
  if (version.startsWith("-")) throw new SourceFailed(`reference not found ${forVersion}`);
  await git("init", "--quiet", "--initial-branch=main", "--template=");
  await git("remote", "add", "origin", job.repositoryUrl);
  // differs from AWS: only the commit is fetched, without its history, whatever GitCloneDepth says.
  const fetch = () => git("fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "origin", version);
  await withRetry(fetch).catch((error: unknown) => {
    throw new SourceFailed(`${reasonOf(error)} ${forVersion}`, { cause: error });
  });
  await git("checkout", "--quiet", "--detach", "FETCH_HEAD");
  return (await git("rev-parse", "HEAD")).trim();
}

const retryTimeoutMs = 120_000;
const pauseMs = 500;

/** Retries while the control plane is restarting. */
async function withRetry(fetch: () => Promise<string>): Promise<string> {
  const end = Date.now() + retryTimeoutMs;
  for (;;) {
    try {
      return await fetch();
    } catch (error) {
      const isUnavailable = /Failed to connect|returned error: 503|Empty reply|Connection reset|early EOF/.test(
        String(error),
      );
      if (!isUnavailable || Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (/403|401|could not read Username/.test(message)) return "authorization failed";
  if (/not found/.test(message) && !/remote ref/.test(message)) return "repository not found";
  if (/remote ref|not our ref|unadvertised/.test(message)) return "reference not found";
  return `git fetch failed: ${message.trim()}`;
}

function gitIn(cwd: string, { repositoryUrl, buildId }: Job, token: string) {
  const credentials = Buffer.from(`codebuild:${token}`).toString("base64");
  const settings = [
    ["core.hooksPath", "/dev/null"],
    ["protocol.allow", "never"],
    ["protocol.http.allow", "always"],
    ["protocol.https.allow", "always"],
    [`http.${repositoryUrl}.extraHeader`, `Authorization: Basic ${credentials}`],
  ];
  const env: Record<string, string> = {
    [buildMark]: buildId,
    PATH: process.env.PATH ?? "",
    HOME: cwd,
    LC_ALL: "C",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_TERMINAL_PROMPT: "0",
    GIT_CONFIG_COUNT: String(settings.length),
  };
  for (const [index, [key = "", value = ""]] of settings.entries()) {
    env[`GIT_CONFIG_KEY_${index}`] = key;
    env[`GIT_CONFIG_VALUE_${index}`] = value;
  }
  return (...args: string[]) =>
    new Promise<string>((resolve, reject) => {
      execFile("git", args, { cwd, env }, (error, stdout, stderr) => {
        if (error) reject(new Error(stderr || error.message));
        else resolve(stdout);
      });
    });
}
