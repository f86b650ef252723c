import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { copyPrivate, writeFileAtomic } from "#local/kernel/index.ts";
import { invalidParameter } from "./faults.ts";

/** The deployed code of a function, in a directory named by its hash. */
export interface Code {
  directory: string;
  sha256: string;
  size: number;
}

export type CodeSource = { kind: "directory"; path: string } | { kind: "inline"; text: string };

/** Copies the code, so that a later synthesis does not change a deployed function. */
export function saveCode(root: string, functionName: string, source: CodeSource): Code {
  const files = filesOf(source);
  const hash = createHash("sha256");
  for (const { name, content } of files) hash.update(`${name}\0${content.length}\0`).update(content);
  const digest = hash.digest();
  const directory = path.join(root, functionName, digest.toString("hex").slice(0, 16));
  // Without it Node would search parent directories for the module type of `.js` files; on Lambda there is none above the code.
  writeFileAtomic(path.join(root, "package.json"), "{}");
  if (!existsSync(directory)) copy(source, directory);
  const size = files.reduce((sum, { content }) => sum + content.length, 0);
  return { directory, sha256: digest.toString("base64"), size };
}

export const deleteCode = (root: string, functionName: string) =>
  rmSync(path.join(root, functionName), { recursive: true, force: true });

function filesOf(source: CodeSource): { name: string; content: Buffer }[] {
  if (source.kind === "inline") return [{ name: "index.js", content: Buffer.from(source.text) }];
  if (!statSync(source.path, { throwIfNoEntry: false })?.isDirectory()) {
    throw invalidParameter(`The code of a function must be a directory in the cloud assembly, not "${source.path}".`);
  }
  return readdirSync(source.path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .toSorted()
    .map((file) => ({ name: path.relative(source.path, file), content: readFileSync(file) }));
}

function copy(source: CodeSource, directory: string): void {
  const unfinished = `${directory}.new`;
  mkdirSync(unfinished, { recursive: true, mode: 0o700 });
  if (source.kind === "inline") writeFileAtomic(path.join(unfinished, "index.js"), source.text);
  else copyPrivate(source.path, unfinished);
  rmSync(directory, { recursive: true, force: true });
  renameSync(unfinished, directory);
}
