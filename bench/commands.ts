import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { homedir } from "node:os";
import path from "node:path";

export interface CommandOptions {
  cwd: string;
  env?: Readonly<Record<string, string>>;
}

/** The environment of a shell, with the Node.js and npm settings of the pipeline's builds. */
const shellEnvironment = {
  PATH: `${path.dirname(process.execPath)}:${process.env.PATH ?? ""}`,
  HOME: homedir(),
  LC_ALL: "C.UTF-8",
  GIT_TERMINAL_PROMPT: "0",
  npm_config_prefer_offline: "true",
  npm_config_update_notifier: "false",
};

/** Runs a command and returns its duration in seconds; its output is only shown if it fails. */
export async function timed([program = "", ...args]: readonly string[], options: CommandOptions): Promise<number> {
  const begun = performance.now();
  const child = start([program, ...args], options);
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk: Buffer) => output.push(String(chunk)));
  const [status] = (await once(child, "close")) as [number | null];
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} exited with ${status}:\n${output.join("")}`);
  return (performance.now() - begun) / 1000;
}

/** Starts a command that keeps running. */
export function start([program = "", ...args]: readonly string[], { cwd, env }: CommandOptions): ChildProcess {
  return spawn(program, args, { cwd, env: { ...shellEnvironment, ...env }, stdio: ["ignore", "pipe", "pipe"] });
}

export async function healthy(url: string, seconds = 30): Promise<void> {
  for (const deadline = Date.now() + seconds * 1000; Date.now() < deadline; ) {
    const answer = await fetch(`${url}/health`).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`${url}/health did not return 200 within ${seconds} s`);
}
