import { createHash } from "node:crypto";
import { createWriteStream, renameSync, statSync } from "node:fs";
import path from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { create } from "tar";

/** A layer of an image as it lies in a folder, under the name of its digest. */
export interface Layer {
  readonly digest: string;
  /** Of the layer before it is compressed. */
  readonly diffId: string;
  readonly size: number;
}

interface LayerRequest {
  directory: string;
  /** Paths in the directory; a folder does not bring its files along. */
  names: readonly string[];
  /** Where they are in the image, e.g. `/app`. */
  prefix: string;
  /** The date that all files get, so that the same files give the same layer. */
  date: Date;
  /** Folder that the layer is written to. */
  target: string;
}

/** Package managers link equal files to each other; whether they do must not show in a layer. */
class NoHardLinks extends Map<`${number}:${number}`, string> {
  override get(): undefined {
    return undefined;
  }
}

/** Packs files into a compressed layer: https://github.com/opencontainers/image-spec/blob/main/layer.md */
export async function writeLayer({ directory, names, prefix, date, target }: LayerRequest): Promise<Layer> {
  const files = create(
    {
      cwd: directory,
      prefix: prefix.replace(/^\//, ""),
      portable: true,
      noDirRecurse: true,
      mtime: date,
      linkCache: new NoHardLinks(),
    },
    // tar takes a name that begins with @ for an archive to add.
    names.map((name) => (name.startsWith("@") ? `./${name}` : name)),
  );
  const uncompressed = createHash("sha256");
  const compressed = createHash("sha256");
  const file = path.join(target, "layer.tar.gz");
  await pipeline(
    Readable.from(files),
    passing(uncompressed),
    createGzip(),
    passing(compressed),
    createWriteStream(file),
  );
  const hash = compressed.digest("hex");
  const named = path.join(target, `${hash}.tar.gz`);
  renameSync(file, named);
  return { digest: `sha256:${hash}`, diffId: `sha256:${uncompressed.digest("hex")}`, size: statSync(named).size };
}

function passing(hash: ReturnType<typeof createHash>): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
}
