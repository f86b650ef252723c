import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { displayName, startFresh } from "./state-format.ts";

/** A file of the state directory cannot be used. Nothing has been changed. */
export class StateDamaged extends Error {
  override readonly name = "StateDamaged";
}

interface StateFile {
  name: string;
  /** Throws if the content cannot be used. */
  check: (file: string) => void;
  /** Whether it must exist once there are records: a new one would not open what the old one sealed. */
  isRequired?: boolean;
  /** Set for a file without data: deleting it loses nothing. */
  isReplaceable?: boolean;
}

const files: readonly StateFile[] = [
  { name: "format", check: (file) => requireText(file, /^\d+\s*$/) },
  { name: "port", check: (file) => requireText(file, /^\d{1,5}\s*$/), isReplaceable: true },
  { name: "credentials.json", check: (file) => requireText(file, /^\{.*"tokenKey":"[^"]+".*\}$/s), isRequired: true },
  { name: "secrets-manager/key", check: requireKey, isRequired: true },
  { name: "rds/rds-ca.pem", check: (file) => requireText(file, /-----BEGIN CERTIFICATE-----/) },
  { name: "rds/rds-ca.key", check: (file) => requireText(file, /-----BEGIN [A-Z ]*PRIVATE KEY-----/) },
];

/** Throws StateDamaged for the first file that an earlier run left and that cannot be used. */
export function checkState(directory: string): void {
  const database = path.join(directory, "state.sqlite");
  const hasRecords = existsSync(database) && explain(directory, { file: database }, () => checkDatabase(database));
  for (const { name, check, isRequired, isReplaceable } of files) {
    const file = path.join(directory, name);
    if (existsSync(file) || (isRequired && hasRecords)) explain(directory, { file, isReplaceable }, () => check(file));
  }
  for (const data of clusters(path.join(directory, "rds", "instances"))) {
    const file = path.join(data, "PG_VERSION");
    // initdb writes pg_control last.
    if (existsSync(path.join(data, "global", "pg_control")))
      explain(directory, { file }, () => requireText(file, /^\d+\s*$/));
  }
}

/** Runs `work`, which uses a file of the state, and explains its failure. */
export function explain<R>(
  directory: string,
  { file, isReplaceable }: { file: string; isReplaceable?: boolean | undefined },
  work: () => R,
): R {
  try {
    return work();
  } catch (cause) {
    const fix = isReplaceable
      ? `It contains no data. Fix: rm -r ${displayName(file)}, then npm start`
      : `The other files are unchanged: git repositories in ${displayName(path.join(directory, "codecommit"))}, databases in ${displayName(path.join(directory, "rds"))}. Fix: restore the file from a backup, or start fresh and keep the old state aside: ${startFresh(directory)}`;
    throw new StateDamaged(`${displayName(file)} is damaged: ${problemOf(cause)}. ${fix}`, { cause });
  }
}

function requireText(file: string, pattern: RegExp): void {
  const text = readFileSync(file, "utf8");
  if (!pattern.test(text)) throw new Error(text === "" ? "it is empty" : "its content is not valid");
}

function requireKey(file: string): void {
  const { length } = readFileSync(file);
  if (length !== 32) throw new Error(`it has ${length} bytes instead of 32`);
}

/** Returns whether there are records. */
function checkDatabase(file: string): boolean {
  const database = new DatabaseSync(file);
  try {
    const [row] = database.prepare("PRAGMA quick_check(1)").all();
    if (row?.quick_check !== "ok") throw new Error(String(row?.quick_check));
    return ["records", "events"].map((table) => checkRows(database, table)).some(Boolean);
  } finally {
    database.close();
  }
}

function checkRows(database: DatabaseSync, table: string): boolean {
  if (!database.prepare("SELECT 1 FROM sqlite_schema WHERE name = ?").get(table)) return false;
  const row = database.prepare(`SELECT * FROM ${table} WHERE NOT json_valid(value) LIMIT 1`).get();
  if (!row) return database.prepare(`SELECT 1 FROM ${table} LIMIT 1`).get() !== undefined;
  const { value: _value, ...key } = row;
  throw new Error(`the row ${Object.values(key).join(" ")} of table ${table} is not JSON`);
}

function clusters(instances: string): string[] {
  const folders = existsSync(instances) ? readdirSync(instances, { withFileTypes: true }) : [];
  return folders.filter((entry) => entry.isDirectory()).map(({ name }) => path.join(instances, name, "data"));
}

const problems: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  ENOENT: "it is missing",
  EISDIR: "it is a directory",
  ENOTDIR: "a parent is not a directory",
  EIO: "the disk reported an input/output error",
};

function problemOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const known = "code" in cause ? problems[String(cause.code)] : undefined;
  return known ?? cause.message.replace(/\.$/, "");
}
