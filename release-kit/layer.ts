import { createHash } from "node:crypto";
import { createWriteStream, renameSync, statSync } from "node:fs";
import path from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { create } from "tar";

/** A layer of an image, stored in a folder under its digest. */
export interface Layer {
  readonly digest: string;
  /** Digest of the uncompressed layer. */
  readonly diffId: string;
  readonly size: number;
}

interface LayerRequest {
  directory: string;
  /** Paths in the directory; a folder does not include its files. */
  names: readonly string[];
  /** Their folder in the image, e.g. `/app`. */
  prefix: string;
  /** Modification time of all files, so that the same files give the same layer. */
  date: Date;
  /** Output folder. */
  target: string;
}

/** Some package managers hard-link equal files; the layer must be the same either way. */
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
    // tar treats a name that starts with @ as an archive to add.
    names.map((name) => (name.startsWith("@") ? `./${name}` : name)),
  );
  const uncompressed = createHash("sha256");
  const compressed = createHash("sha256");
  const file = path.join(target, "layer.tar.gz");
  await pipeline(
    Readable.from(files),
    hashing(uncompressed),
    createGzip(),
    hashing(compressed),
    createWriteStream(file),
  );
  const hash = compressed.digest("hex");
  const layerFile = path.join(target, `${hash}.tar.gz`);
  renameSync(file, layerFile);
  return { digest: `sha256:${hash}`, diffId: `sha256:${uncompressed.digest("hex")}`, size: statSync(layerFile).size };
}

function hashing(hash: ReturnType<typeof createHash>): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
}
