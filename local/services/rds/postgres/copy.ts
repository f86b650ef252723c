import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { chown, copyFile, mkdir, open, readdir, stat, type FileHandle } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import type { PostgresHost } from "./host.ts";

const bufferSize = 4 * 1024 * 1024;

export interface CopyJob {
  source: string;
  target: string;
  owner: PostgresHost["user"];
  signal: AbortSignal;
  onBytes?(count: number): void;
  /** Found out with the first file: whether the file system can share blocks. */
  sharesBlocks?: boolean;
}

/** Copies a directory that nobody writes to. */
export async function copyTree(job: CopyJob): Promise<void> {
  const { directories, files } = await listTree(job.source);
  await makeDirectories(job, directories);
  await copyFiles(job, files);
}

interface Tree {
  directories: string[];
  files: string[];
}

/** What is below `root`, directories before what is in them; what vanishes meanwhile is left out. */
export async function listTree(root: string, below = ""): Promise<Tree> {
  const tree: Tree = { directories: [], files: [] };
  const entries = (await readdir(path.join(root, below), { withFileTypes: true }).catch(unlessGone)) ?? [];
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

export async function makeDirectories(job: CopyJob, names: readonly string[]): Promise<void> {
  for (const name of ["", ...names]) {
    const directory = path.join(job.target, name);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    if (job.owner) await chown(directory, job.owner.uid, job.owner.gid);
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

/** Bytes below a directory, as good as they can be told while it changes. */
export async function sizeOf(root: string): Promise<number> {
  const { files } = await listTree(root);
  let size = 0;
  for (const name of files) size += (await stat(path.join(root, name)).catch(unlessGone))?.size ?? 0;
  return size;
}

/** Copies files that a server may be writing to, shrinking or removing meanwhile. */
export async function copyFiles(job: CopyJob, names: readonly string[]): Promise<void> {
  await inParallel(names, async (name, buffer) => {
    job.signal.throwIfAborted();
    await copyOne(job, name, buffer).catch(unlessGone);
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

/** A table that was dropped after the backup began is no part of it. */
function unlessGone(error: unknown): undefined {
  if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  return undefined;
}

async function copyOne(job: CopyJob, name: string, buffer: Buffer): Promise<void> {
  const [source, target] = [path.join(job.source, name), path.join(job.target, name)];
  const shared = job.sharesBlocks !== false && (await shareBlocks(source, target));
  job.sharesBlocks = shared;
  const output = await open(target, shared ? "r+" : "w", 0o600);
  try {
    job.onBytes?.(shared ? (await output.stat()).size : 0);
    if (!shared) await copyBytes(job, source, { output, buffer });
    if (job.owner) await output.chown(job.owner.uid, job.owner.gid);
  } finally {
    await output.close();
  }
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
async function copyBytes(job: CopyJob, source: string, to: { output: FileHandle; buffer: Buffer }): Promise<void> {
  const input = await open(source, "r");
  try {
    for (let position = 0; ; ) {
      job.signal.throwIfAborted();
      const { bytesRead } = await input.read(to.buffer, 0, to.buffer.length, position);
      if (bytesRead === 0) return;
      await writeAll(to.output, to.buffer.subarray(0, bytesRead), position);
      position += bytesRead;
      job.onBytes?.(bytesRead);
    }
  } finally {
    await input.close();
  }
}

async function writeAll(output: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; )
    done += (await output.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
}
