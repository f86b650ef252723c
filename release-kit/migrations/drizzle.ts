import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import * as z from "zod";
import { ReleaseKitError } from "../errors.ts";
import { readJson } from "../read-json.ts";
import { hashOf, readSql } from "./files.ts";
import type { Migration, ReadRepository } from "./migration.ts";

const journal = z.object({
  dialect: z.literal("postgresql"),
  entries: z.array(
    z.object({
      tag: z.string().regex(/^[\w-]+$/, "a file name of letters, digits, underscores and hyphens"),
      when: z.number().int(),
    }),
  ),
});

type Entry = Pick<Migration, "tag" | "byName"> & {
  readonly when: number;
  /** In the folder. */
  readonly file: string;
};

/** Reads the journal of drizzle-kit, or the folders that drizzle-kit 1.0 writes instead. */
export const drizzle: ReadRepository = (appDirectory, { folder }) => {
  const directory = path.join(appDirectory, folder);
  const journalFile = path.join(directory, "meta", "_journal.json");
  const name = path.relative(appDirectory, journalFile);
  const isJournal = existsSync(journalFile);
  const entries = isJournal ? parseJournal(name, readJson(journalFile, name)) : readFolders(directory, name);
  for (const { tag, file } of entries) {
    if (!existsSync(path.join(directory, file)))
      throw new ReleaseKitError(
        `${name} names the migration ${tag}, but ${path.join(folder, file)} does not exist. Fix: commit it, or generate the migration again.`,
      );
  }
  return {
    migrations: entries.map((entry) => {
      const file = path.join(directory, entry.file);
      const hash = hashOf(readFileSync(file, "utf8"));
      return { ...entry, file: path.join(folder, entry.file), hash, sql: readSql(file) };
    }),
    warnings: isJournal ? warningsOf(name, entries) : [],
  };
};

function parseJournal(name: string, content: unknown): Entry[] {
  const parsed = journal.safeParse(content);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new ReleaseKitError(
      `${name}: ${issue?.path.join("/")}: ${issue?.message}. Fix: generate the migrations with drizzle-kit.`,
    );
  }
  const { entries } = parsed.data;
  const duplicate = entries.find(({ tag }, index) => entries.findIndex((other) => other.tag === tag) !== index);
  if (duplicate)
    throw new ReleaseKitError(`${name} names the migration ${duplicate.tag} twice. Fix: remove one entry.`);
  return entries.map(({ tag, when }) => ({ tag, when, file: `${tag}.sql` }));
}

/** `<YYYYMMDDhhmmss>_<name>/migration.sql`, in UTC, as the migrator of drizzle-orm 1.0 reads it. */
function readFolders(directory: string, journalName: string): Entry[] {
  const folders = readdirSync(directory).filter((name) => existsSync(path.join(directory, name, "migration.sql")));
  if (folders.length === 0)
    throw new ReleaseKitError(
      `${journalName} does not exist, nor does a folder with a migration.sql. Fix: set app.migrations.folder to the output folder of drizzle-kit.`,
    );
  return folders.sort().map((tag) => {
    const [, year = "", ...rest] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)_[\w-]+$/.exec(tag) ?? [];
    const [month = 1, day = 1, hour = 0, minute = 0, second = 0] = rest.map(Number);
    if (year === "")
      throw new ReleaseKitError(
        `${tag}: expected a folder name of date, time and name, such as 20260131120000_add_orders. Fix: generate the migration with drizzle-kit.`,
      );
    const when = Date.UTC(Number(year), month - 1, day, hour, minute, second);
    return { tag, when, byName: true as const, file: `${tag}/migration.sql` };
  });
}

function warningsOf(name: string, entries: readonly Entry[]): string[] {
  return entries.flatMap(({ tag, when }, index) => {
    const later = entries.slice(0, index).find((earlier) => earlier.when >= when);
    if (!later) return [];
    const relation = later.when === when ? "at the same time as" : "before";
    return [
      `${name}: ${tag} is dated ${relation} ${later.tag}, which precedes it; Drizzle skips it in databases where ${later.tag} is applied. Fix: generate ${tag} again.`,
    ];
  });
}
