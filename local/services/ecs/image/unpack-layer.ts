import { linkSync, lstatSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync, type Stats } from "node:fs";
import path from "node:path";
import { readTar, type TarEntry } from "./read-tar.ts";

class InvalidLayer extends Error {
  override readonly name = "InvalidLayer";
}

export interface LayerLimits {
  /** Sum over all files. */
  bytes: number;
  entries: number;
}

const whiteout = ".wh.";
const opaque = ".wh..wh..opq";
const maxBlockingMs = 15;

/**
 * Applies a layer to a tree: https://github.com/opencontainers/image-spec/blob/main/layer.md
 * Nothing may be written, or link, outside the tree: a path that leaves it or passes through a link is rejected.
 */
export async function unpackLayer(archive: Buffer, root: string, limits: LayerLimits): Promise<void> {
  const entries = [...checkedEntries(archive, limits)];
  const isWhiteout = ({ path: name }: TarEntry) => path.basename(name).startsWith(whiteout);
  // Whiteouts apply to the layers below, wherever they are in this layer.
  for (const entry of entries.filter(isWhiteout)) hide(root, entry.path);
  const known = new Set([""]);
  let turn = performance.now();
  for (const entry of entries.filter((entry) => !isWhiteout(entry))) {
    place(root, entry, known);
    // Synchronous calls are several times faster; the pauses keep the event loop responsive.
    if (performance.now() - turn < maxBlockingMs) continue;
    await new Promise((resolve) => setImmediate(resolve));
    turn = performance.now();
  }
}

function* checkedEntries(archive: Buffer, limits: LayerLimits): Generator<TarEntry> {
  let bytes = 0;
  let count = 0;
  for (const entry of readTar(archive)) {
    if (entry.kind === "file") bytes += entry.content.length;
    count += 1;
    if (bytes > limits.bytes) throw new InvalidLayer(`The layer exceeds ${limits.bytes} bytes.`);
    if (count > limits.entries) throw new InvalidLayer(`The layer exceeds ${limits.entries} entries.`);
    const name = inside(entry.path, "");
    if (entry.kind === "link") yield { ...entry, path: name, target: inside(entry.target, "") };
    else if (entry.kind === "symlink") yield { ...entry, path: name, target: relativeTarget(name, entry.target) };
    else yield { ...entry, path: name };
  }
}

/** The path relative to the tree's root. Some tools write a leading slash for the root. */
function inside(name: string, from: string): string {
  const joined = path.posix.join("/", from, name);
  const leaves = path.posix.normalize(path.posix.join("./", from, name.replace(/^\/+/, ""))).startsWith("..");
  if (leaves || name.includes("\0")) throw new InvalidLayer(`Path "${name}" leads outside the image.`);
  return joined.replace(/^\/+|\/+$/g, "");
}

/** An absolute target is relative to the image's root, not this machine's. */
function relativeTarget(name: string, target: string): string {
  const directory = path.posix.dirname(`/${name}`);
  const checked = target.startsWith("/") ? inside(target, "") : inside(target, directory);
  return path.posix.relative(directory, `/${checked}`) || ".";
}

function place(root: string, entry: TarEntry, known: Set<string>): void {
  if (entry.path === "") return;
  const file = path.join(root, entry.path);
  makeDirectory(root, directoryOf(entry.path), known);
  try {
    create(root, entry, known);
  } catch (error) {
    if (!isExisting(error)) throw error;
    rmSync(file, { recursive: true });
    known.clear();
    create(root, entry, known);
  }
}

/** Nothing is overwritten: EEXIST means that a lower layer has the path, which saves a check before each write. */
function create(root: string, entry: TarEntry, known: Set<string>): void {
  const file = path.join(root, entry.path);
  switch (entry.kind) {
    case "directory":
      if (!statOf(file)?.isDirectory()) mkdirSync(file, { mode: 0o755 });
      return void known.add(entry.path);
    case "file":
      return writeFileSync(file, entry.content, { flag: "wx", mode: (entry.mode & 0o555) | 0o400 });
    case "symlink":
      return symlinkSync(entry.target, file);
    case "link": {
      makeDirectory(root, directoryOf(entry.target), known);
      const target = path.join(root, entry.target);
      if (!statOf(target)?.isFile())
        throw new InvalidLayer(`Link "${entry.path}": target "${entry.target}" is not a file.`);
      return linkSync(target, file);
    }
  }
}

const isExisting = (error: unknown) => error instanceof Error && "code" in error && error.code === "EEXIST";
const directoryOf = (name: string) => path.posix.dirname(name).replace(/^\.$/, "");

/** Creates a directory and its parents; none may be a link. */
export function makeDirectory(root: string, name: string, known: Set<string>): void {
  if (name === "" || known.has(name)) return;
  makeDirectory(root, directoryOf(name), known);
  const directory = path.join(root, name);
  const existing = statOf(directory);
  if (!existing) mkdirSync(directory, { mode: 0o755 });
  else if (!existing.isDirectory())
    throw new InvalidLayer(`"${name}" is not a directory, but another entry is inside it.`);
  known.add(name);
}

function hide(root: string, name: string): void {
  const [directory, base] = [path.posix.dirname(name), path.posix.basename(name)];
  const segments = directory === "." ? [] : directory.split("/");
  const parents = segments.map((_, index) => segments.slice(0, index + 1).join("/"));
  if (!parents.every((parent) => statOf(path.join(root, parent))?.isDirectory())) return;
  const hidden = base === opaque ? readdirSync(path.join(root, directory)) : [base.slice(whiteout.length)];
  for (const entry of hidden) {
    if (entry === "" || entry === "." || entry === "..") throw new InvalidLayer(`"${name}" is not a valid whiteout.`);
    rmSync(path.join(root, directory, entry), { recursive: true, force: true });
  }
}

function statOf(file: string): Stats | undefined {
  return lstatSync(file, { throwIfNoEntry: false });
}
