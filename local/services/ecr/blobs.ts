import { createHash, type Hash } from "node:crypto";
import { createReadStream, existsSync, mkdirSync, rmSync, type ReadStream } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import path from "node:path";
import type { Ids } from "#local/kernel/index.ts";

/** An unfinished upload. It is lost when the control plane stops: clients start again. */
export interface Upload {
  readonly id: string;
  readonly repository: string;
  readonly file: string;
  readonly hash: Hash;
  size: number;
  /** Only one request at a time may write to an upload. */
  isBusy: boolean;
}

export class DigestMismatch extends Error {
  override readonly name = "DigestMismatch";
}

/** Blobs by digest. A blob is created atomically by rename. */
export interface BlobFiles {
  begin(repository: string): Upload;
  upload(id: string, repository: string): Upload | undefined;
  /** Appends and hashes the chunks; resolves when they are on disk. */
  append(upload: Upload, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void>;
  /** Turns the upload into a blob; throws DigestMismatch if its content has another digest. */
  complete(upload: Upload, digest: string): Promise<void>;
  abandon(upload: Upload): Promise<void>;
  put(digest: string, content: Uint8Array): Promise<void>;
  has(digest: string): boolean;
  read(digest: string, range?: { start: number; end: number }): ReadStream;
  remove(digest: string): void;
}

export function openBlobFiles(directory: string, ids: Ids): BlobFiles {
  const uploads = new Map<string, Upload>();
  const incoming = path.join(directory, "uploads");
  const blobs = path.join(directory, "blobs", "sha256");
  rmSync(incoming, { recursive: true, force: true });
  for (const folder of [incoming, blobs]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  const fileOf = (digest: string) => path.join(blobs, digest.slice("sha256:".length));

  const begin = (repository: string): Upload => {
    const id = ids.uuid();
    const upload = {
      id,
      repository,
      file: path.join(incoming, id),
      hash: createHash("sha256"),
      size: 0,
      isBusy: false,
    };
    uploads.set(id, upload);
    return upload;
  };
  const abandon = async (upload: Upload) => {
    uploads.delete(upload.id);
    await rm(upload.file, { force: true });
  };
  const complete = async (upload: Upload, digest: string) => {
    const actual = `sha256:${upload.hash.digest("hex")}`;
    if (actual !== digest) {
      await abandon(upload);
      throw new DigestMismatch(`Digest mismatch: expected ${digest}, got ${actual}.`);
    }
    uploads.delete(upload.id);
    await rename(upload.file, fileOf(digest));
    await syncDirectory(blobs);
  };
  return {
    begin,
    append,
    complete,
    abandon,
    upload(id, repository) {
      const upload = uploads.get(id);
      return upload?.repository === repository ? upload : undefined;
    },
    async put(digest, content) {
      const upload = begin("");
      await append(upload, [content]);
      await complete(upload, digest);
    },
    has: (digest) => existsSync(fileOf(digest)),
    read: (digest, range) => createReadStream(fileOf(digest), range),
    remove: (digest) => rmSync(fileOf(digest), { force: true }),
  };
}

async function append(upload: Upload, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
  const handle = await open(upload.file, "a", 0o600);
  try {
    for await (const chunk of chunks) {
      upload.hash.update(chunk);
      await handle.writeFile(chunk);
      upload.size += chunk.byteLength;
    }
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
