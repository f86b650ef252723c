import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "..", "..");

export interface CommandResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  directory?: string;
  /** Merged over the environment of the test; `undefined` removes a variable. */
  environment?: Readonly<Record<string, string | undefined>>;
  /** On standard input. */
  input?: string;
  /** In a terminal, whose user types after each of these outputs. */
  typing?: readonly { readonly after: string; readonly keys: string }[];
  /** Sends SIGINT to the program, as Ctrl-C does. */
  interrupt?: AbortSignal;
  /** Receive the output while the program runs. */
  onStderr?: (words: string) => void;
  onStdout?: (words: string) => void;
}

/** Runs a program until it exits, with any exit code. */
export async function runProgram(argv: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
  const { directory = root, environment = {}, input, typing, interrupt, onStderr, onStdout } = options;
  const [program = "", ...args] = typing ? inTerminal(argv) : argv;
  const env = { ...process.env, ...environment };
  const child = spawn(program, args, { cwd: directory, env, stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.on("error", () => {}); // a program that reads no input may have exited
  if (typing) type(child, typing);
  else child.stdin.end(input ?? "");
  interrupt?.addEventListener("abort", () => child.kill("SIGINT"));
  if (onStdout) child.stdout.on("data", (words: Buffer) => onStdout(words.toString()));
  if (onStderr) child.stderr.on("data", (words: Buffer) => onStderr(words.toString()));
  const ended = new Promise<number>((resolve, reject) => {
    child.once("error", reject).once("close", (code, signal) => resolve(code ?? (signal ? 128 : 1)));
  });
  const [stdout, stderr, exitCode] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { exitCode, stdout, stderr };
}

/** `script` of util-linux has a pseudo terminal: https://man7.org/linux/man-pages/man1/script.1.html */
function inTerminal(argv: readonly string[]): string[] {
  const command = argv.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  return ["script", "--quiet", "--return", "--flush", "--command", command, "/dev/null"];
}

function type({ stdin, stdout }: ChildProcessWithoutNullStreams, typing: NonNullable<RunOptions["typing"]>): void {
  const left = [...typing];
  let output = "";
  stdout.on("data", (words: Buffer) => {
    output += words.toString();
    const [next] = left;
    if (next === undefined || !output.includes(next.after)) return;
    left.shift();
    stdin.write(next.keys);
  });
}

/** `node cli/main.mjs <args>` as a user runs it, without AWS credentials. */
export function runLockstep(args: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
  const environment = {
    AWS_ENDPOINT_URL: undefined,
    AWS_PROFILE: undefined,
    AWS_ACCESS_KEY_ID: undefined,
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_EC2_METADATA_DISABLED: "true",
    LOCKSTEP_STATE: undefined,
    LOCKSTEP_CONFIG: undefined,
    ...options.environment,
  };
  const argv = [process.execPath, path.join(root, "cli", "main.mjs"), ...args];
  return runProgram(argv, { ...options, environment });
}

/** Command lines of all processes that name a directory. */
export function processesIn(directory: string): string[] {
  const lines = execFileSync("ps", ["-eo", "args"], { encoding: "utf8" }).split("\n");
  return lines.filter((line) => line.includes(directory));
}
