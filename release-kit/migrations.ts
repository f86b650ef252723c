import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import * as z from "zod";
import { ReleaseKitError } from "./errors.ts";
import { readJson } from "./read-json.ts";

const journal = z.object({
  dialect: z.literal("postgresql"),
  entries: z.array(
    z.object({
      tag: z.string().regex(/^[\w-]+$/, "a file name of letters, digits, underscores and hyphens"),
      when: z.number().int(),
    }),
  ),
});

export interface Migration {
  tag: string;
  /** Milliseconds since 1970; drizzle applies what is later than the last applied one. */
  when: number;
  /** Its SQL, by its path in the folder of migrations. */
  file: string;
}

export interface Migrations {
  count: number;
  /** The newest ones, oldest first. */
  newest: Migration[];
  /** What a person should know and the build need not fail for. */
  warnings: string[];
}

// A build exports variables of limited size; a deployment with more pending migrations than this is told apart by the count.
const newestKept = 40;

/** Reads drizzle's journal, or the folders that drizzle-kit 1.0 writes instead. Without the folder the app has no migrations. */
export function readMigrations(appDirectory: string, folder: string): Migrations {
  const directory = path.join(appDirectory, folder);
  if (!existsSync(directory)) return { count: 0, newest: [], warnings: [] };
  const journalFile = path.join(directory, "meta", "_journal.json");
  const name = path.relative(appDirectory, journalFile);
  const isJournal = existsSync(journalFile);
  const entries = isJournal ? parseJournal(name, readJson(journalFile, name)) : readFolders(directory, name);
  for (const { tag, file } of entries) {
    if (!existsSync(path.join(directory, file)))
      throw new ReleaseKitError(
        `${name} names the migration ${tag}, but ${path.join(folder, file)} is not there. Fix: commit it, or generate the migration again.`,
      );
  }
  return { count: entries.length, newest: entries.slice(-newestKept), warnings: warningsOf(name, entries) };
}

function parseJournal(name: string, content: unknown): Migration[] {
  const parsed = journal.safeParse(content);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new ReleaseKitError(`${name}: ${issue?.path.join("/")}: ${issue?.message}`);
  }
  const { entries } = parsed.data;
  const doubled = entries.find(({ tag }, index) => entries.findIndex((other) => other.tag === tag) !== index);
  if (doubled) throw new ReleaseKitError(`${name} names the migration ${doubled.tag} twice`);
  return entries.map(({ tag, when }) => ({ tag, when, file: `${tag}.sql` }));
}

/** `<YYYYMMDDhhmmss>_<name>/migration.sql`, in UTC, as drizzle-orm 1.0 reads it in its migrator. */
function readFolders(directory: string, journalName: string): Migration[] {
  const folders = readdirSync(directory).filter((name) => existsSync(path.join(directory, name, "migration.sql")));
  if (folders.length === 0)
    throw new ReleaseKitError(
      `${journalName} is not there, and no folder with a migration.sql either. Fix: set migrate.folder to the folder that drizzle-kit writes.`,
    );
  return folders.sort().map((tag) => {
    const [, year = "", ...rest] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)_[\w-]+$/.exec(tag) ?? [];
    const [month = 1, day = 1, hour = 0, minute = 0, second = 0] = rest.map(Number);
    if (year === "")
      throw new ReleaseKitError(
        `${tag}: a folder of a migration is named by its date and time, as drizzle-kit names it`,
      );
    return { tag, when: Date.UTC(Number(year), month - 1, day, hour, minute, second), file: `${tag}/migration.sql` };
  });
}

function warningsOf(name: string, entries: readonly Migration[]): string[] {
  return entries.flatMap(({ tag, when }, index) => {
    const later = entries.slice(0, index).find((earlier) => earlier.when >= when);
    return later === undefined
      ? []
      : [
          `${name}: ${tag} is dated before ${later.tag}, which it follows; drizzle passes over it where ${later.tag} is applied`,
        ];
  });
}
