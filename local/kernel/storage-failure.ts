import { closeSync, fsyncSync, openSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

const systemErrors: Readonly<Record<string, string>> = {
  ENOSPC: "no space left on the device",
  EDQUOT: "disk quota exceeded",
  EROFS: "the file system is read-only",
  EIO: "input/output error of the disk",
};

/** By SQLite's primary result code, https://sqlite.org/rescode.html */
const sqliteErrors: Readonly<Record<number, string>> = {
  8: "the database is read-only",
  10: "input/output error of the disk",
  13: "no space left on the device",
};

/** Programs and libraries without error codes report the system's own words. */
const systemWords: Readonly<Record<string, string>> = {
  "No space left on device": "no space left on the device",
  "Disk quota exceeded": "disk quota exceeded",
  "Read-only file system": "the file system is read-only",
  "Input/output error": "input/output error of the disk",
};

/** Why storage failed, if an error or one of its causes says so; undefined for any other error. */
export function storageFailure(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const known =
    "errcode" in error
      ? sqliteErrors[Number(error.errcode) & 0xff]
      : "code" in error
        ? systemErrors[String(error.code)]
        : undefined;
  const word = Object.keys(systemWords).find((words) => error.message.includes(words));
  return known ?? (word === undefined ? storageFailure(error.cause) : systemWords[word]);
}

/** The message of an error, and what to do if storage failed. */
export function describeStorageFailure(directory: string, error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const reason = storageFailure(error);
  if (reason === undefined) return message;
  return `The local cloud could not write to ${directory}: ${reason} (${message}). Fix: free space or make the file system writable, then lockstep up`;
}

const probeBytes = 2 * 1024 * 1024;

/** Why a directory cannot be written to, by writing a file to it; undefined if it can. */
export function whyNotWritable(directory: string): string | undefined {
  const file = path.join(directory, `probe.${process.pid}.tmp`);
  try {
    const descriptor = openSync(file, "w", 0o600);
    try {
      writeFileSync(descriptor, Buffer.alloc(probeBytes));
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
      rmSync(file, { force: true });
    }
    return undefined;
  } catch (error) {
    return storageFailure(error);
  }
}
