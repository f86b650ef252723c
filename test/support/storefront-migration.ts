import { readFileSync } from "node:fs";
import path from "node:path";
import type { WorkingCopy } from "./git.ts";

const journalFile = "drizzle/meta/_journal.json";

/** A migration for a copy of the storefront as drizzle-kit writes it: an SQL file and its journal entry. */
export function storefrontMigration({ directory }: WorkingCopy, tag: string, sql: string): Record<string, string> {
  const journal = JSON.parse(readFileSync(path.join(directory, journalFile), "utf8")) as {
    entries: { idx: number; when: number }[];
  };
  const last = journal.entries.at(-1);
  const entry = { idx: (last?.idx ?? 0) + 1, version: "7", when: (last?.when ?? 0) + 1000, tag, breakpoints: true };
  return {
    [`drizzle/${tag}.sql`]: sql,
    [journalFile]: JSON.stringify({ ...journal, entries: [...journal.entries, entry] }, null, 2),
  };
}
