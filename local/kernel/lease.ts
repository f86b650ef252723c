import { mkdirSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Exclusive use of something by one process, until it releases the lease or exits for any reason. */
export interface Lease {
  release(): void;
}

/** Acquires an operating system lock, which a killed process cannot leave behind; undefined when another process holds it. */
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
