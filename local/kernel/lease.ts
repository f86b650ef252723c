import { mkdirSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";

/** What is one process's alone: others are refused until it gives it up or ends, however it ends. */
export interface Lease {
  release(): void;
}

/** A lock of the operating system, which a killed process cannot leave behind; undefined when another process has it. */
export function takeLease(file: string): Lease | undefined {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    database.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if (isBusy(error)) return undefined;
    throw error;
  }
  return { release: () => database.close() };
}

/** SQLITE_BUSY, https://sqlite.org/rescode.html#busy */
const isBusy = (error: unknown) => error instanceof Error && "errcode" in error && error.errcode === 5;
