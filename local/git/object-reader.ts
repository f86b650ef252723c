import { spawn, type ChildProcessByStdio } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { GitFailed, gitEnvironment } from "./git.ts";

export interface GitObject {
  id: string;
  type: string;
  size: number;
  /** Missing if it is larger than `largestBytes`. */
  content: Buffer | undefined;
}

type ObjectReader = (revision: string) => Promise<GitObject | undefined>;

/** Twice what CodeCommit returns of a file. */
const largestBytes = 12 * 1024 * 1024;
const idleMs = 10_000;

/** By the directory of the repository. */
const readers = new Map<string, ObjectReader>();

/**
 * The object of an id or of git's revision syntax; undefined when there is none. A process for each repository answers all requests:
 * to start one for each takes this process 20 ms, in which it does nothing else.
 */
export async function readObject(directory: string, revision: string): Promise<GitObject | undefined> {
  const read = readers.get(directory) ?? startReader(directory);
  readers.set(directory, read);
  return read(revision);
}

interface Request {
  resolve: (object: GitObject | undefined) => void;
  reject: (error: Error) => void;
}

/** `git cat-file --batch` (https://git-scm.com/docs/git-cat-file#_batch_output). It exits when it has been idle, or when its input ends with this process. */
function startReader(directory: string): ObjectReader {
  const child = spawn("git", ["cat-file", "--batch"], {
    cwd: directory,
    env: gitEnvironment(directory),
    stdio: ["pipe", "pipe", "pipe"],
  });
  const waiting: Request[] = [];
  const end = (error: Error) => {
    clearTimeout(idle);
    if (readers.get(directory) === read) readers.delete(directory);
    for (const { reject } of waiting.splice(0)) reject(error);
  };
  const idle = setTimeout(() => {
    readers.delete(directory);
    child.stdin.end();
  }, idleMs);
  let lastError = "";
  child.stderr.on("data", (chunk: Buffer) => (lastError = chunk.toString("utf8").trim()));
  child.stdin.on("error", () => undefined); // it has exited, which `close` reports
  child.once("error", end);
  child.once("close", (code) => {
    end(new GitFailed(`git cat-file: ${lastError || `exit status ${code}`}`, code));
  });
  const answers = splitAnswers((object) => waiting.shift()?.resolve(object));
  child.stdout.on("data", answers);
  letExit(child, idle);
  const read: ObjectReader = async (revision) => {
    if (revision.includes("\n")) throw new TypeError(`${JSON.stringify(revision)} has more than one line`);
    idle.refresh();
    return new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
      child.stdin.write(`${revision}\n`);
    });
  };
  return read;
}

/** It must not keep this process running. */
function letExit(child: ChildProcessByStdio<Writable, Readable, Readable>, idle: NodeJS.Timeout): void {
  for (const each of [child, idle, child.stdin, child.stdout, child.stderr])
    if ("unref" in each && typeof each.unref === "function") each.unref();
}

/** For each answer `<id> <type> <size>`, a line feed, the content and a line feed; or `<revision> missing` and a line feed. */
function splitAnswers(take: (object: GitObject | undefined) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  let current: Omit<GitObject, "content"> | undefined;
  let chunks: Buffer[] = [];
  let left = 0;
  const takeContent = (bytes: Buffer): Buffer => {
    const part = bytes.subarray(0, left);
    left -= part.length;
    if (current && current.size <= largestBytes) chunks.push(part);
    if (left > 0 || !current) return Buffer.alloc(0);
    const content = current.size <= largestBytes ? Buffer.concat(chunks).subarray(0, current.size) : undefined;
    take({ ...current, content });
    current = undefined;
    chunks = [];
    return bytes.subarray(part.length);
  };
  const takeHeader = (bytes: Buffer): Buffer | undefined => {
    const end = bytes.indexOf("\n");
    if (end < 0) return undefined;
    const [, id = "", type = "", size] = /^([0-9a-f]{40}) (\w+) (\d+)$/.exec(bytes.toString("latin1", 0, end)) ?? [];
    if (size === undefined) take(undefined);
    else {
      current = { id, type, size: Number(size) };
      left = current.size + 1;
    }
    return bytes.subarray(end + 1);
  };
  return (chunk) => {
    let bytes: Buffer | undefined = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    rest = Buffer.alloc(0);
    while (bytes && bytes.length > 0) {
      const after: Buffer | undefined = current ? takeContent(bytes) : takeHeader(bytes);
      if (!after) rest = bytes;
      bytes = after;
    }
  };
}
