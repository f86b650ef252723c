import { readFileSync } from "node:fs";
import path from "node:path";
import { Header, Pax } from "tar";
import { ReleaseKitError } from "../errors.ts";
import type { ImageEntry } from "./content.ts";

/** What a layer holds. */
export interface LayerContent {
  /** The folder on this machine that the names of the entries are relative to. */
  readonly root: string;
  readonly entries: readonly ImageEntry[];
  /** Their folder in the image, e.g. `/app`. */
  readonly prefix: string;
  /** Modification time of all files, so that the same files give the same layer. */
  readonly date: Date;
}

const block = 512;

/** The bytes of a layer before compression: https://github.com/opencontainers/image-spec/blob/main/layer.md */
export function* archive({ root, entries, prefix, date }: LayerContent): Generator<Buffer> {
  const folder = prefix.replace(/^\//, "");
  for (const entry of entries) {
    yield* header(entry, folder, date);
    if (entry.type !== "File") continue;
    // Reading one file after the other is several times faster than streams: most files of node_modules are small.
    const content = readFileSync(path.join(root, entry.name));
    if (content.length !== entry.size)
      throw new ReleaseKitError(
        `${entry.name} changed while the image was built. Fix: end all background processes of the build first.`,
      );
    yield content;
    yield Buffer.alloc((block - (content.length % block)) % block);
  }
  yield Buffer.alloc(2 * block);
}

function* header({ name, type, mode, size, target }: ImageEntry, prefix: string, mtime: Date): Generator<Buffer> {
  const data = {
    path: `${prefix}/${name}${type === "Directory" ? "/" : ""}`,
    type,
    mode,
    size,
    mtime,
    ...(target !== undefined && { linkpath: target }),
    uid: 0,
    gid: 0,
  };
  const encoded = new Header(data);
  // True for what does not fit into the header, such as a long path.
  if (encoded.encode())
    yield new Pax({ path: data.path, size, ...(target !== undefined && { linkpath: target }) }).encode();
  if (encoded.block) yield encoded.block;
}
