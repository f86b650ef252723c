import { readFileSync } from "node:fs";
import path from "node:path";
import type { WorkingCopy } from "./git.ts";

export const timeOf = (tag: string) => 1_700_000_000_000 + Number(tag.slice(0, 4));

/** Adds migrations to the existing ones, as drizzle-kit writes them. */
export function migrations(
  { directory }: WorkingCopy,
  sql: Readonly<Record<string, string>>,
  timeIn: (tag: string) => number = timeOf,
): Record<string, string> {
  const entries = Object.keys(sql).map((tag) => ({ tag, when: timeIn(tag) }));
  const kept = known(directory).filter(({ tag }) => !(tag in sql) && tag.slice(0, 4) < (entries[0]?.tag ?? ""));
  const journal = JSON.stringify({ dialect: "postgresql", entries: [...kept, ...entries] });
  const files = Object.entries(sql).map(([tag, text]) => [`drizzle/${tag}.sql`, text]);
  return { ...Object.fromEntries(files), "drizzle/meta/_journal.json": journal };
}

function known(directory: string): { tag: string; when: number }[] {
  try {
    const journal = readFileSync(path.join(directory, "drizzle/meta/_journal.json"), "utf8");
    return (JSON.parse(journal) as { entries: { tag: string; when: number }[] }).entries;
  } catch {
    return [];
  }
}
