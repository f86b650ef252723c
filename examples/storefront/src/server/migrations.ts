import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
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

/** The statements of a migration, taken apart where drizzle-kit says so. */
export function statementsOf({ sql }: Migration): string[] {
  return sql.split("--> statement-breakpoint").filter((statement) => statement.trim() !== "");
}

/** Such a file holds what PostgreSQL refuses to do in a transaction, like CREATE INDEX CONCURRENTLY. */
export const runsOutsideTransaction = ({ sql }: Migration) => sql.startsWith("-- no-transaction");

/** As drizzle's ledger has it. */
export const hashOf = ({ sql }: Migration) => createHash("sha256").update(sql).digest("hex");

/** Names the migration, PostgreSQL's reason and the statement. */
export function explainFailure(cause: unknown, { tag }: Migration, statement: string): Error {
  const code = z.object({ code: z.string() }).safeParse(cause).data?.code ?? "no SQLSTATE";
  return new Error(`${tag}: ${describe(cause)} (${code}) in: ${statement.trim()}`, { cause });
}
