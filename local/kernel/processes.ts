import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, watch } from "node:fs";
import path from "node:path";
import { Writable } from "node:stream";
import { writeFileAtomic } from "./files.ts";

/** What a process left behind: its exit code, or 128 + signal number as a shell tells it. */
export interface Exit {
  code: number;
}

export interface ProcessRequest {
  /** A directory of this process alone: `output.log` (both streams), `process.json`, `exit`. */
  directory: string;
  argv: readonly [string, ...string[]];
  cwd: string;
  /** The whole environment: nothing of ours is inherited. */
  env: Readonly<Record<string, string>>;
  uid?: number;
  gid?: number;
}

/** A process that outlives the control plane: another control plane finds it by its directory. */
export interface HostedProcess {
  readonly directory: string;
  readonly outputFile: string;
  readonly pid: number;
  readonly exited: Promise<Exit>;
  isRunning(): boolean;
  /** SIGTERM asks, SIGKILL ends the process and all that it started. */
  signal(signal: "SIGTERM" | "SIGINT" | "SIGKILL"): void;
}

interface Identity {
  pid: number;
  startTime: string;
}

// The keeper waits for the process in our stead and leaves its exit code in a file, so that the code is known even if nobody was there.
// It starts nothing until its identity is on the disk, and takes that back when we do not live to give the sign: so what was written down
// was started, and nothing else was. A signal is passed on once the process is itself: before, it would be lost on a copy of this shell.
// What the process leaves behind ends with it.
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
    env: request.env,
    detached: true,
    stdio: ["ignore", output, output, "pipe"],
    ...(request.uid === undefined ? {} : { uid: request.uid }),
    ...(request.gid === undefined ? {} : { gid: request.gid }),
  });
  closeSync(output);
  const exited = new Promise<Exit>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", () => resolve(readExit(directory)));
  });
  if (child.pid === undefined) return failedToStart(request, exited);
  child.unref();
  const identity = { pid: child.pid, startTime: startTimeOf(child.pid) ?? "" };
  writeFileAtomic(identityFileOf(directory), JSON.stringify(identity));
  const gate = child.stdio[3];
  if (gate instanceof Writable) gate.on("error", () => undefined).end("go\n");
  return hosted(directory, identity, exited);
}

/** Finds a process started earlier, running or ended, by its directory; undefined when none was started there. */
export function adoptProcess(directory: string): HostedProcess | undefined {
  if (!existsSync(identityFileOf(directory))) return undefined;
  const identity = JSON.parse(readFileSync(identityFileOf(directory), "utf8")) as Identity;
  return hosted(directory, identity, whenGone(directory, identity));
}

function hosted(directory: string, identity: Identity, exited: Promise<Exit>): HostedProcess {
  return {
    directory,
    outputFile: outputFileOf(directory),
    pid: identity.pid,
    exited,
    isRunning: () => isSame(identity),
    signal(signal) {
      if (!isSame(identity)) return;
      if (signal === "SIGKILL") process.kill(-identity.pid, signal);
      else process.kill(identity.pid, signal);
    },
  };
}

function failedToStart(request: ProcessRequest, exited: Promise<Exit>): never {
  exited.catch(() => undefined);
  throw new ProcessNotStarted(`Could not start ${request.argv[0]} in ${request.cwd}: is the directory there?`);
}

export class ProcessNotStarted extends Error {
  override readonly name = "ProcessNotStarted";
}

function whenGone(directory: string, identity: Identity): Promise<Exit> {
  return new Promise((resolve) => {
    // The file appears just before the keeper ends; the poll covers a keeper that was itself killed.
    const watcher = watch(directory, () => check());
    const poll = setInterval(() => check(), 500);
    poll.unref();
    const check = () => {
      if (!existsSync(path.join(directory, "exit")) && isSame(identity)) return;
      watcher.close();
      clearInterval(poll);
      resolve(readExit(directory));
    };
    check();
  });
}

function readExit(directory: string): Exit {
  const file = path.join(directory, "exit");
  return { code: existsSync(file) ? Number(readFileSync(file, "utf8")) : 137 };
}

function isSame(identity: Identity): boolean {
  return startTimeOf(identity.pid) === identity.startTime;
}

/** Start time of a live process in clock ticks since boot: with the pid it tells a process from a later one of the same number. */
function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

const outputFileOf = (directory: string) => path.join(directory, "output.log");
const identityFileOf = (directory: string) => path.join(directory, "process.json");
