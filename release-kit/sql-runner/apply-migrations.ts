import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { type Client, DatabaseError, escapeIdentifier } from "pg";
import { runsOutsideTransaction, sqlFiles } from "../migrations/sql-files.ts";

interface Run {
  readonly folder: string;
  /** A name as in the configuration. */
  readonly table: string;
  readonly log: (line: string) => void;
}

/** Any number; the lock is the session's, so it ends with the process however that ends. */
const lockKey = 6_024_117_305;

/** Applies the SQL files whose name the table does not have, each in a transaction of its own with its row. Returns how many. */
export async function applyMigrations(client: Client, { folder, table, log }: Run): Promise<number> {
  const name = table.split(".").map(escapeIdentifier).join(".");
  // The role's own lock_timeout would end the wait for another run.
  await client.query("SET lock_timeout = 0");
  await client.query("SELECT pg_advisory_lock($1)", [lockKey]);
  await client.query("RESET lock_timeout");
  const [schema] = table.includes(".") ? table.split(".") : [];
  if (schema !== undefined) await client.query(`CREATE SCHEMA IF NOT EXISTS ${escapeIdentifier(schema)}`);
  await client.query(
    `CREATE TABLE IF NOT EXISTS ${name} (name text PRIMARY KEY, hash text NOT NULL, applied_at timestamptz NOT NULL DEFAULT clock_timestamp())`,
  );
  const { rows } = await client.query<{ name: string }>(`SELECT name FROM ${name}`);
  const applied = new Set(rows.map((row) => row.name));
  const pending = sqlFiles(folder).filter((file) => !applied.has(file));
  for (const file of pending) {
    log(`Applying ${file}`);
    await apply(client, { file, text: readFileSync(path.join(folder, file), "utf8"), table: name });
  }
  return pending.length;
}

interface Migration {
  readonly file: string;
  readonly text: string;
  readonly table: string;
}

async function apply(client: Client, { file, text, table }: Migration): Promise<void> {
  const sql = text.replace(/^\uFEFF/, "");
  const hash = createHash("sha256").update(text).digest("hex");
  const record = () => client.query(`INSERT INTO ${table} (name, hash) VALUES ($1, $2)`, [file, hash]);
  try {
    if (runsOutsideTransaction(sql)) {
      await client.query(sql);
      await record();
      return;
    }
    await client.query("BEGIN");
    await client.query(sql);
    await record();
    await client.query("COMMIT");
  } catch (cause) {
    await client.query("ROLLBACK").catch(() => {}); // the connection may be lost
    throw new Error(`${file}${lineOf(cause, sql)}: ${describe(cause)}`, { cause });
  }
}

function lineOf(error: unknown, sql: string): string {
  if (!(error instanceof DatabaseError) || error.position === undefined) return "";
  return `, line ${sql.slice(0, Number(error.position)).split("\n").length}`;
}

function describe(error: unknown): string {
  if (!(error instanceof DatabaseError)) return error instanceof Error ? error.message : String(error);
  return [`${error.message} (SQLSTATE ${error.code})`, error.detail, error.hint].filter(Boolean).join(". ");
}
