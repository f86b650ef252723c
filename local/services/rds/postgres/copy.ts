import { execFile } from "node:child_process";
import { chownSync, constants, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { copyFile, open, readdir, type FileHandle } from "node:fs/promises";
import path from "node:path";
import { setImmediate } from "node:timers/promises";
import { promisify } from "node:util";
import type { PostgresHost } from "./host.ts";

const bufferSize = 4 * 1024 * 1024;
const copySynchronously = 512 * 1024;

export interface CopyJob {
  source: string;
  target: string;
  owner: PostgresHost["user"];
  signal: AbortSignal;
  onBytes?(count: number): void;
  /** Found out with the first file: whether the file system can share blocks. */
  sharesBlocks?: boolean;
}

/** Copies a directory that is not being written. */
export async function copyTree(job: CopyJob): Promise<void> {
  const { directories, files } = await listTree(job.source);
  makeDirectories(job, directories);
  await copyFiles(job, files);
}

interface Tree {
  directories: string[];
  files: string[];
}

/** What is below `root`, directories before what is in them; what vanishes meanwhile is left out. */
export async function listTree(root: string, below = ""): Promise<Tree> {
  const tree: Tree = { directories: [], files: [] };
  const directory = path.join(root, below);
  const entries = await readdir(directory, { withFileTypes: true }).catch((error: unknown) => {
    if (below === "" || existsSync(directory)) throw error;
    return [];
  });
  for (const entry of entries) {
    const name = path.join(below, entry.name);
    if (entry.isFile()) tree.files.push(name);
    else if (entry.isDirectory()) append(tree, { directories: [name], files: [] }, await listTree(root, name));
    else throw new Error(`${path.join(root, name)} is neither file nor directory: this cluster cannot be copied`);
  }
  return tree;
}

function append(tree: Tree, ...parts: readonly Tree[]): void {
  for (const { directories, files } of parts) {
    tree.directories.push(...directories);
    tree.files.push(...files);
  }
}

export function makeDirectories(job: CopyJob, names: readonly string[]): void {
  for (const name of ["", ...names]) {
    const directory = path.join(job.target, name);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    if (job.owner) chownSync(directory, job.owner.uid, job.owner.gid);
  }
}

/** Makes a copy durable: at once where `sync` can do one file system, else file by file, which takes a second longer. */
export async function syncTree(root: string): Promise<void> {
  await promisify(execFile)("sync", ["-f", root]).catch(() => syncEach(root));
}

async function syncEach(root: string): Promise<void> {
  const { directories, files } = await listTree(root);
  await inParallel([...files, ...directories, ""], async (name) => {
    const entry = await open(path.join(root, name), "r");
    try {
      await entry.sync();
    } finally {
      await entry.close();
    }
  });
}

/** Bytes below a directory; approximate while it changes. */
export async function sizeOf(root: string): Promise<number> {
  const { files } = await listTree(root);
  const sizes = files.map((name) => statSync(path.join(root, name), { throwIfNoEntry: false })?.size ?? 0);
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Copies files that a server may be writing to, shrinking or removing meanwhile. */
export async function copyFiles(job: CopyJob, names: readonly string[]): Promise<void> {
  await inParallel(names, async (name, buffer) => {
    job.signal.throwIfAborted();
    const [source, target] = [path.join(job.source, name), path.join(job.target, name)];
    try {
      const size = await copyOne(job, { source, target, buffer });
      if (job.owner) chownSync(target, job.owner.uid, job.owner.gid);
      job.onBytes?.(size);
    } catch (error) {
      // A table that was dropped after the backup began is no part of it.
      if (existsSync(source)) throw error;
    }
  });
}

async function inParallel(names: readonly string[], work: (name: string, buffer: Buffer) => Promise<void>) {
  const queue = names.values();
  const buffers = Array.from({ length: 4 }, () => Buffer.allocUnsafe(bufferSize));
  await Promise.all(
    buffers.map(async (buffer) => {
      for (const name of queue) await work(name, buffer);
    }),
  );
}

interface OneCopy {
  source: string;
  target: string;
  buffer: Buffer;
}

/** Gives the number of bytes. */
async function copyOne(job: CopyJob, copy: OneCopy): Promise<number> {
  const { source, target } = copy;
  const { size } = statSync(source);
  job.sharesBlocks = job.sharesBlocks !== false && (await shareBlocks(source, target));
  if (job.sharesBlocks) return size;
  if (size > copySynchronously) return copyBytes(job, copy);
  // A cluster has a thousand small files: eight trips to the thread pool for each would be most of the time.
  const bytes = readFileSync(source);
  writeFileSync(target, bytes, { mode: 0o600 });
  await setImmediate();
  return bytes.length;
}

/** On file systems that can (Btrfs, XFS) a copy shares the blocks of the original and takes no time. */
async function shareBlocks(source: string, target: string): Promise<boolean> {
  try {
    await copyFile(source, target, constants.COPYFILE_FICLONE_FORCE);
    return true;
  } catch (error) {
    unlessUnsupported(error);
    return false;
  }
}

function unlessUnsupported(error: unknown): void {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (!["ENOTSUP", "EOPNOTSUPP", "ENOTTY", "ENOSYS", "EXDEV", "EINVAL"].includes(String(code))) throw error;
}

// Not fs.copyFile: it never ends on a file that shrinks while it is copied, as a truncated table does.
async function copyBytes(job: CopyJob, { source, target, buffer }: OneCopy): Promise<number> {
  const input = await open(source, "r");
  const output = await open(target, "w", 0o600);
  try {
    for (let position = 0; ; ) {
      job.signal.throwIfAborted();
      const { bytesRead } = await input.read(buffer, 0, buffer.length, position);
      if (bytesRead === 0) return position;
      await writeAll(output, buffer.subarray(0, bytesRead), position);
      position += bytesRead;
    }
  } finally {
    await input.close();
    await output.close();
  }
}

async function writeAll(output: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; )
    done += (await output.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
}
