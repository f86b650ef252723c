import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

export interface ShellOptions {
  program: "bash" | "/bin/sh" | "sh";
  cwd: string;
  env: Readonly<Record<string, string>>;
  /** Directory for the scripts, outside the source. */
  directory: string;
  onLine: (line: string) => void;
}

/** One shell for all commands of a build: exports and the working directory persist from one command to the next. */
export interface Shell {
  /** Exit status of a command; the shell's own if the command exits the shell. */
  run(command: string): Promise<number>;
  /** The environment that the shell passes to processes; undefined if the shell has exited. */
  environment(): Promise<Record<string, string> | undefined>;
  readonly hasEnded: boolean;
  end(): void;
}

// Marks are written to the output stream, so they follow all output of the command.
const driver = (mark: string) => `exec 2>&1
while IFS= read -r lockstep_file <&3; do
  . "$lockstep_file" 3<&-
  printf '\\036%s %s\\n' ${mark} "$?"
done`;

// How long to wait for the last output of a shell that has exited: a background process may keep the stream open.
const lastOutputMs = 300;

export function startShell({ program, cwd, env, directory, onLine }: ShellOptions): Shell {
  const mark = randomBytes(16).toString("hex");
  const child = spawn(program, ["-c", driver(mark), "codebuild"], {
    cwd,
    env: { ...env },
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  let waiting: ((status: number) => void) | undefined;
  let hasEnded = false;
  let count = 0;
  const settle = (status: number) => {
    waiting?.(status);
    waiting = undefined;
  };
  const reader = markReader(mark, { onLine, onMark: settle });
  child.stdout?.on("data", (chunk: Buffer) => reader.take(chunk));
  child.stderr?.on("data", (chunk: Buffer) => reader.take(chunk)); // before `exec 2>&1` only
  const end = (code: number | null, signal: NodeJS.Signals | null) => {
    if (hasEnded) return;
    hasEnded = true;
    reader.flush();
    settle(code ?? (signal ? 128 : 1));
  };
  child.once("error", (error) => {
    onLine(error.message);
    end(127, null);
  });
  child.once("close", end);
  child.once("exit", (code, signal) => setTimeout(() => end(code, signal), lastOutputMs));
  const commands = child.stdio[3];
  commands?.on("error", () => undefined); // the shell exited before it read the command

  const send = (script: string) =>
    new Promise<number>((resolve) => {
      if (hasEnded) return resolve(1);
      waiting = resolve;
      const file = path.join(directory, `command-${count++}.sh`);
      writeFileSync(file, `${script}\n`);
      if (commands && "write" in commands) commands.write(`${file}\n`);
    });
  return {
    run: send,
    async environment() {
      const file = path.join(directory, "environment");
      const status = await send(`env -0 > '${file.replaceAll("'", `'\\''`)}'`);
      return status === 0 && !hasEnded ? readEnvironment(file) : undefined;
    },
    get hasEnded() {
      return hasEnded;
    },
    end: () => void child.kill("SIGKILL"),
  };
}

function readEnvironment(file: string): Record<string, string> {
  const entries = readFileSync(file, "utf8").split("\0").filter(Boolean);
  return Object.fromEntries(
    entries.map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]),
  );
}

interface MarkListener {
  onLine: (line: string) => void;
  onMark: (status: number) => void;
}

/** Splits output into lines and marks. */
function markReader(mark: string, { onLine, onMark }: MarkListener) {
  const pattern = new RegExp(`\\x1e${mark} (\\d+)$`);
  const decoder = new TextDecoder();
  let rest = "";
  const takeLine = (line: string) => {
    const match = pattern.exec(line);
    const text = match ? line.slice(0, match.index) : line;
    if (!match || text !== "") onLine(text.replace(/\r$/, ""));
    if (match) onMark(Number(match[1]));
  };
  return {
    take(chunk: Buffer) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      lines.forEach(takeLine);
    },
    flush() {
      if (rest !== "") takeLine(rest);
      rest = "";
    },
  };
}
