import { execFile } from "node:child_process";
import { UsageError } from "../errors.ts";
import { cleanLines } from "../terminal/text.ts";

export class GitFailed extends Error {
  override readonly name = "GitFailed";
  readonly stdout: string;
  constructor(message: string, stdout: string) {
    super(message);
    this.stdout = stdout;
  }
}

export type Git = (...args: string[]) => Promise<string>;

/** Runs git in a directory, with messages in English and without prompts. Returns what it prints. */
export function gitIn(directory: string): Git {
  const env = { ...process.env, LC_ALL: "C", GIT_TERMINAL_PROMPT: "0" };
  return (...args) =>
    new Promise((resolve, reject) => {
      execFile("git", args, { cwd: directory, env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
        if (!error) return resolve(stdout.trimEnd());
        if (error.code === "ENOENT")
          return reject(new UsageError("Program git was not found. Fix: install git.", { cause: error }));
        reject(new GitFailed(cleanLines(stderr.trim() || error.message), stdout));
      });
    });
}

/** What git prints; undefined if it fails. */
export const orUndefined = (output: Promise<string>): Promise<string | undefined> =>
  output.catch((error: unknown) => {
    if (error instanceof GitFailed) return undefined;
    throw error;
  });
