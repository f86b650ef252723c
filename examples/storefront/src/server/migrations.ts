import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DrizzleQueryError } from "drizzle-orm";
import * as z from "zod";
import { describe } from "./log.ts";

const journalFile = z.object({ entries: z.array(z.object({ tag: z.string(), when: z.number() })) });

export type Migration = { readonly tag: string; readonly when: number; readonly sql: string };
export type Journal = readonly Migration[];

export function readJournal(folder: string): Journal {
  const { entries } = journalFile.parse(JSON.parse(readFileSync(join(folder, "meta/_journal.json"), "utf8")));
  return entries.map(({ tag, when }) => ({ tag, when, sql: readFileSync(join(folder, `${tag}.sql`), "utf8") }));
}

/**
 * drizzle applies what is newer than the newest applied migration and says nothing of an older one that a late merge
 * brought in. Such a migration would never run, so it stops everything here.
 */
export function pendingMigrations(journal: Journal, appliedAt: readonly number[]): Migration[] {
  const newest = Math.max(0, ...appliedAt);
  const pending = journal.filter((migration) => !appliedAt.includes(migration.when));
  const late = pending.filter((migration) => migration.when < newest).map((migration) => migration.tag);
  if (late.length === 0) return pending;
  throw new Error(`${late.join(", ")} is older than a migration that has run and would be skipped. Generate it again.`);
}

/** Names the migration, PostgreSQL's reason and the statement. */
export function explainFailure(error: unknown, pending: readonly Migration[]): unknown {
  if (!(error instanceof DrizzleQueryError)) return error;
  const migration = pending.find(({ sql }) => sql.includes(error.query));
  const code = z.object({ code: z.string() }).safeParse(error.cause).data?.code ?? "no SQLSTATE";
  const where = migration === undefined ? "" : `${migration.tag}: `;
  return new Error(`${where}${describe(error.cause)} (${code}) in: ${error.query.trim()}`, { cause: error });
}
