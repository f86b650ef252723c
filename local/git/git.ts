import { spawn, spawnSync, type ChildProcessByStdio } from "node:child_process";
import type { Readable, Writable } from "node:stream";

export class GitNotInstalled extends Error {
  override readonly name = "GitNotInstalled";
}

export class GitFailed extends Error {
  override readonly name = "GitFailed";
  readonly code: number | null;
  constructor(message: string, code: number | null) {
    super(message);
    this.code = code;
  }
}

const pushLimitBytes = 2 * 1024 ** 3;

// For every git process: no user or system configuration, no hooks, no other transports.
const configuration: Readonly<Record<string, string>> = {
  "core.fsync": "all", // an accepted push survives a power failure, also its reference
  "core.hooksPath": "/dev/null",
  "protocol.allow": "never",
  "http.getanyfile": "false",
  "receive.fsckObjects": "true",
  "receive.maxInputSize": String(pushLimitBytes),
  "receive.denyDeleteCurrent": "refuse",
  "uploadpack.allowAnySHA1InWant": "true",
};

// Only branches and tags can be pushed to; the list is one value a line, so it cannot be a record.
const pushable: readonly [string, string][] = [
  ["receive.hideRefs", "refs"],
  ["receive.hideRefs", "!refs/heads"],
  ["receive.hideRefs", "!refs/tags"],
  // as AWS: a branch that is named like a reference is a mistake (`git push origin HEAD:refs/heads/refs/heads/main`).
  ["receive.hideRefs", "refs/heads/refs"],
];

const settings = [...Object.entries(configuration), ...pushable];

export function gitEnvironment(home: string): Record<string, string> {
  return {
    PATH: process.env.PATH ?? "/usr/bin:/bin",
    HOME: home,
    LC_ALL: "C",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_TERMINAL_PROMPT: "0",
    GIT_LITERAL_PATHSPECS: "1",
    GIT_CONFIG_COUNT: String(settings.length),
    ...Object.fromEntries(
      settings.flatMap(([key, value], index) => [
        [`GIT_CONFIG_KEY_${index}`, key],
        [`GIT_CONFIG_VALUE_${index}`, value],
      ]),
    ),
  };
}

/** Throws unless git and flock are installed. */
export function requireGit(): void {
  for (const [program, argument] of [
    ["git", "--version"],
    ["flock", "--version"],
  ] as const) {
    if (spawnSync(program, [argument], { stdio: "ignore" }).error) {
      const fix = program === "git" ? "install git 2.31 or later" : "install util-linux";
      throw new GitNotInstalled(
        `The git repositories of the local cloud need ${program}, which is not in PATH. Fix: ${fix}.`,
      );
    }
  }
}

/** Output of a git command. Throws GitFailed when it exits with another code than 0. */
export async function git(directory: string, ...args: string[]): Promise<Buffer> {
  return run(["git", ...args], directory);
}

/** The same, after all pushes in progress, including those of an earlier control plane. */
export async function gitAfterPushes(directory: string, ...args: string[]): Promise<Buffer> {
  return run(["flock", "--close", lockOf(directory), "git", ...args], directory);
}

/** `git http-backend` (https://git-scm.com/docs/git-http-backend). An exclusive one holds the repository's lock while it runs, even after the control plane exits. */
export function startBackend(
  directory: string,
  { env, exclusive }: { env: NodeJS.ProcessEnv; exclusive: boolean },
): ChildProcessByStdio<Writable, Readable, Readable> {
  const argv = ["git", "http-backend"];
  const [command = "", ...args] = exclusive ? ["flock", "--close", lockOf(directory), ...argv] : argv;
  return spawn(command, args, { env, cwd: directory, stdio: ["pipe", "pipe", "pipe"] });
}

const lockOf = (directory: string) => `${directory}/push.lock`;

function run([command = "", ...args]: string[], directory: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: directory,
      env: gitEnvironment(directory),
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [output, errors]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) return resolve(Buffer.concat(output));
      const message = Buffer.concat(errors).toString("utf8").trim();
      reject(new GitFailed(`git ${args.join(" ")}: ${message || `exit status ${code}`}`, code));
    });
  });
}
