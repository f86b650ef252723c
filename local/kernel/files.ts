import {
  chmodSync,
  closeSync,
  cpSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import path from "node:path";

/** Replaces a file atomically: a reader sees either the old or the new content, also after a crash. */
export function writeFileAtomic(file: string, content: string | Uint8Array): void {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const temporary = `${file}.${process.pid}.tmp`;
  const descriptor = openSync(temporary, "w", 0o600);
  try {
    const bytes = typeof content === "string" ? Buffer.from(content) : content;
    for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written);
    fsyncSync(descriptor);
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
  syncDirectory(path.dirname(file));
}

/** Copies a directory for the owner alone; `cpSync` keeps the modes of the files. */
export function copyPrivate(source: string, target: string, filter = (_file: string) => true): void {
  cpSync(source, target, { recursive: true, filter });
  for (const name of ["", ...readdirSync(target, { recursive: true, encoding: "utf8" })]) {
    const file = path.join(target, name);
    chmodSync(file, statSync(file).mode & 0o700);
  }
}

function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
