import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, watch } from "node:fs";
import path from "node:path";
import { Writable } from "node:stream";
import { writeFileAtomic } from "./files.ts";
import { killStartedFor, processMark } from "./marked-processes.ts";
import { identityOf, isRunning, type ProcessIdentity } from "./process-identity.ts";

/** Exit code of a process, or 128 + signal number as in a shell. */
export interface Exit {
  code: number;
}

export interface ProcessRequest {
  /** A directory for this process only: `output.log` (both streams), `process.json`, `exit`. */
  directory: string;
  argv: readonly [string, ...string[]];
  cwd: string;
  /** The whole environment besides the mark of the directory: nothing is inherited. */
  env: Readonly<Record<string, string>>;
  uid?: number;
  gid?: number;
}

/** A process that outlives the control plane: the next control plane finds it by its directory. */
export interface HostedProcess {
  readonly directory: string;
  readonly outputFile: string;
  readonly pid: number;
  readonly exited: Promise<Exit>;
  isRunning(): boolean;
  /** SIGTERM and SIGINT go to the process, SIGKILL to the process and everything it started. */
  signal(signal: "SIGTERM" | "SIGINT" | "SIGKILL"): void;
}

// The keeper waits for the process and writes its exit code to a file, so that the code is known even if no control plane was running.
// It starts the process only after `process.json` is on disk, and deletes that file when the control plane dies before giving the signal
// on descriptor 3: so a process has been started exactly when the file exists. A signal is passed on after the child has replaced the copy
// of this shell, which would lose it. What the process leaves running in its group ends with it; the control plane ends the rest.
const keeper = `: lockstep-keeper
directory=$1; shift
child= stop=
pass() {
  stop=$1
  while [ -n "$child" ] && read -r line </proc/$child/cmdline && [ -z "\${line##*: lockstep-keeper}" ]; do :; done 2>/dev/null
  kill -$stop $child 2>/dev/null
}
trap 'pass TERM' TERM
trap 'pass INT' INT
read -r go <&3 || { rm -f "$directory/process.json"; exit; }
exec 3<&-
if [ -z "$stop" ]; then
  "$@" & child=$!
  exec >/dev/null 2>&1
  [ -z "$stop" ] || pass $stop
  while :; do
    wait $child; code=$?
    kill -0 $child || break
  done
else
  code=143
fi
echo $code > "$directory/exit.new" && mv "$directory/exit.new" "$directory/exit"
kill -KILL -$$
`;

export function startProcess(request: ProcessRequest): HostedProcess {
  const { directory } = request;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  rmSync(path.join(directory, "exit"), { force: true });
  const output = openSync(outputFileOf(directory), "a", 0o600);
  const child = spawn("/bin/sh", ["-c", keeper, "lockstep-keeper", directory, ...request.argv], {
    cwd: request.cwd,
    env: { [processMark]: directory, ...request.env },
    detached: true,
    stdio: ["ignore", output, output, "pipe"],
    uid: request.uid,
    gid: request.gid,
  });
  closeSync(output);
  const identity = identityOf(child.pid ?? 0) ?? { pid: child.pid ?? 0, startTime: "" };
  const exited = new Promise<Exit>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", () => resolve(endedBy(directory, identity)));
  });
  if (child.pid === undefined) return failedToStart(request, exited);
  child.unref();
  writeFileAtomic(identityFileOf(directory), JSON.stringify(identity));
  const gate = child.stdio[3];
  if (gate instanceof Writable) gate.on("error", () => undefined).end("go\n");
  return hosted(directory, identity, exited);
}

/** Finds a process started earlier, running or ended, by its directory; undefined if none was started there. */
export function adoptProcess(directory: string): HostedProcess | undefined {
  if (!existsSync(identityFileOf(directory))) return undefined;
  const identity = readIdentity(directory);
  return hosted(directory, identity, untilExit(directory, identity));
}

function hosted(directory: string, identity: ProcessIdentity, exited: Promise<Exit>): HostedProcess {
  return {
    directory,
    outputFile: outputFileOf(directory),
    pid: identity.pid,
    exited,
    isRunning: () => isRunning(identity),
    signal(signal) {
      if (!isRunning(identity)) return;
      process.kill(signal === "SIGKILL" ? -identity.pid : identity.pid, signal);
      if (signal === "SIGKILL") killStartedFor(directory);
    },
  };
}

function failedToStart(request: ProcessRequest, exited: Promise<Exit>): never {
  exited.catch(() => undefined);
  throw new ProcessNotStarted(
    `Could not start ${request.argv[0]} in ${request.cwd}. Fix: check that the directory exists.`,
  );
}

export class ProcessNotStarted extends Error {
  override readonly name = "ProcessNotStarted";
}

function untilExit(directory: string, identity: ProcessIdentity): Promise<Exit> {
  return new Promise((resolve) => {
    // The exit file appears just before the keeper ends; the poll covers a killed keeper.
    const watcher = watch(directory, () => check());
    const poll = setInterval(() => check(), 500);
    poll.unref();
    const check = () => {
      if (!existsSync(path.join(directory, "exit")) && isRunning(identity)) return;
      watcher.close();
      clearInterval(poll);
      resolve(endedBy(directory, identity));
    };
    check();
  });
}

/** Ends what an exited process left running outside its group, and returns its exit code. */
function endedBy(directory: string, identity: ProcessIdentity): Exit {
  const isLast = existsSync(identityFileOf(directory)) && readIdentity(directory).startTime === identity.startTime;
  if (isLast) killStartedFor(directory); // not when the next process has been started in the directory
  return readExit(directory);
}

const readIdentity = (directory: string) =>
  JSON.parse(readFileSync(identityFileOf(directory), "utf8")) as ProcessIdentity;

function readExit(directory: string): Exit {
  const file = path.join(directory, "exit");
  return { code: existsSync(file) ? Number(readFileSync(file, "utf8")) : 137 };
}

const outputFileOf = (directory: string) => path.join(directory, "output.log");
const identityFileOf = (directory: string) => path.join(directory, "process.json");
