import { createHash, type Hash } from "node:crypto";
import { createWriteStream, statSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { archive, type LayerContent } from "./archive.ts";

/** A layer of an image. */
export interface Layer {
  readonly digest: string;
  /** Digest of the uncompressed layer. */
  readonly diffId: string;
  readonly size: number;
}

/** A layer that was written to a file, because the registry may not have it. */
export interface WrittenLayer extends Layer {
  readonly file: string;
}

/** Reads the files, which takes a fraction of the time that compressing them does. */
export function diffIdOf(content: LayerContent): string {
  const hash = createHash("sha256");
  for (const chunk of archive(content)) hash.update(chunk);
  return digestOf(hash);
}

export async function writeLayer(content: LayerContent, file: string): Promise<WrittenLayer> {
  const uncompressed = createHash("sha256");
  const compressed = createHash("sha256");
  await pipeline(hashed(gzipped(hashed(archive(content), uncompressed)), compressed), createWriteStream(file));
  return { file, digest: digestOf(compressed), diffId: digestOf(uncompressed), size: statSync(file).size };
}

const digestOf = (hash: Hash) => `sha256:${hash.digest("hex")}`;

async function* hashed(chunks: Iterable<Buffer> | AsyncIterable<Buffer>, hash: Hash): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}

const memberBytes = 4 * 1024 ** 2;
const parallel = 4;

/** Compresses on all cores: a gzip file may have several members, one after the other (RFC 1952, section 2.2). */
async function* gzipped(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const pending: Promise<Buffer>[] = [];
  for await (const member of members(chunks)) {
    const compressed = promisify(gzip)(member);
    compressed.catch(() => undefined); // reported when it is awaited
    if (pending.push(compressed) < parallel) continue;
    const first = await pending.shift();
    if (first) yield first;
  }
  for (const compressed of pending) yield await compressed;
}

async function* members(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    size += chunk.length;
    if (size < memberBytes) continue;
    yield Buffer.concat(parts);
    parts = [];
    size = 0;
  }
  if (size > 0) yield Buffer.concat(parts);
}
