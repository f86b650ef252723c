import { linkSync, lstatSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync, type Stats } from "node:fs";
import path from "node:path";
import { readTar, type TarEntry } from "./read-tar.ts";

class LayerRefused extends Error {
  override readonly name = "LayerRefused";
}

export interface LayerLimits {
  /** Of all files together. */
  bytes: number;
  entries: number;
}

const whiteout = ".wh.";
const opaque = ".wh..wh..opq";
const longestTurnMs = 15;

/**
 * Lays a layer over a tree: https://github.com/opencontainers/image-spec/blob/main/layer.md
 * Nothing may come to lie, or point, outside the tree: a name that climbs or leads through a link is refused.
 */
export async function unpackLayer(archive: Buffer, root: string, limits: LayerLimits): Promise<void> {
  const entries = [...checkedEntries(archive, limits)];
  const isWhiteout = ({ path: name }: TarEntry) => path.basename(name).startsWith(whiteout);
  // Whiteouts are about the layers below, wherever in the layer they stand.
  for (const entry of entries.filter(isWhiteout)) hide(root, entry.path);
  const known = new Set([""]);
  let turn = performance.now();
  for (const entry of entries.filter((entry) => !isWhiteout(entry))) {
    place(root, entry, known);
    // Synchronous calls are several times faster; the pauses leave room for others.
    if (performance.now() - turn < longestTurnMs) continue;
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
    if (bytes > limits.bytes) throw new LayerRefused(`The layer holds more than ${limits.bytes} bytes.`);
    if (count > limits.entries) throw new LayerRefused(`The layer holds more than ${limits.entries} entries.`);
    const name = inside(entry.path, "");
    if (entry.kind === "link") yield { ...entry, path: name, target: inside(entry.target, "") };
    else if (entry.kind === "symlink") yield { ...entry, path: name, target: relativeTarget(name, entry.target) };
    else yield { ...entry, path: name };
  }
}

/** The name from the tree's root on. A leading slash means that root: tools write it. */
function inside(name: string, from: string): string {
  const joined = path.posix.join("/", from, name);
  const climbs = path.posix.normalize(path.posix.join("./", from, name.replace(/^\/+/, ""))).startsWith("..");
  if (climbs || name.includes("\0")) throw new LayerRefused(`"${name}" leads out of the image.`);
  return joined.replace(/^\/+|\/+$/g, "");
}

/** An absolute target means the image's root, not this machine's. */
function relativeTarget(name: string, target: string): string {
  const directory = path.posix.dirname(`/${name}`);
  const found = target.startsWith("/") ? inside(target, "") : inside(target, directory);
  return path.posix.relative(directory, `/${found}`) || ".";
}

function place(root: string, entry: TarEntry, known: Set<string>): void {
  if (entry.path === "") return;
  const file = path.join(root, entry.path);
  makeDirectory(root, directoryOf(entry.path), known);
  try {
    make(root, entry, known);
  } catch (error) {
    if (!isTaken(error)) throw error;
    rmSync(file, { recursive: true });
    known.clear();
    make(root, entry, known);
  }
}

/** Nothing is written over: EEXIST tells that a lower layer has something of that name, without a look at each beforehand. */
function make(root: string, entry: TarEntry, known: Set<string>): void {
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
        throw new LayerRefused(`"${entry.path}" is a link to "${entry.target}", which is no file.`);
      return linkSync(target, file);
    }
  }
}

const isTaken = (error: unknown) => error instanceof Error && "code" in error && error.code === "EEXIST";
const directoryOf = (name: string) => path.posix.dirname(name).replace(/^\.$/, "");

/** Makes a directory and those above it, each of them a real one. */
export function makeDirectory(root: string, name: string, known: Set<string>): void {
  if (name === "" || known.has(name)) return;
  makeDirectory(root, directoryOf(name), known);
  const directory = path.join(root, name);
  const existing = statOf(directory);
  if (!existing) mkdirSync(directory, { mode: 0o755 });
  else if (!existing.isDirectory()) throw new LayerRefused(`"${name}" is no directory, yet something is to lie in it.`);
  known.add(name);
}

function hide(root: string, name: string): void {
  const [directory, base] = [path.posix.dirname(name), path.posix.basename(name)];
  const parts = directory === "." ? [] : directory.split("/");
  const above = parts.map((_, index) => parts.slice(0, index + 1).join("/"));
  if (!above.every((part) => statOf(path.join(root, part))?.isDirectory())) return;
  const hidden = base === opaque ? readdirSync(path.join(root, directory)) : [base.slice(whiteout.length)];
  for (const victim of hidden) {
    if (victim === "" || victim === "." || victim === "..") throw new LayerRefused(`"${name}" is no whiteout.`);
    rmSync(path.join(root, directory, victim), { recursive: true, force: true });
  }
}

function statOf(file: string): Stats | undefined {
  return lstatSync(file, { throwIfNoEntry: false });
}
