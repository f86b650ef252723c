import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import * as z from "zod";
import { ReleaseKitError } from "./errors.ts";

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

/** Reads drizzle's journal. Without the folder the app has no migrations. */
export function readMigrations(appDirectory: string, folder: string): Migrations {
  const directory = path.join(appDirectory, folder);
  if (!existsSync(directory)) return { count: 0, newest: [], warnings: [] };
  const file = path.join(directory, "meta", "_journal.json");
  const name = path.relative(appDirectory, file);
  const entries = parseJournal(name, existsSync(file) ? readFileSync(file, "utf8") : undefined);
  for (const { tag } of entries) {
    if (!existsSync(path.join(directory, `${tag}.sql`)))
      throw new ReleaseKitError(
        `${name} names the migration ${tag}, but ${path.join(folder, `${tag}.sql`)} is not there. Commit it, or generate the migration anew.`,
      );
  }
  return { count: entries.length, newest: entries.slice(-newestKept), warnings: warningsOf(name, entries) };
}

function parseJournal(name: string, text: string | undefined): Migration[] {
  if (text === undefined)
    throw new ReleaseKitError(`${name} is not there. Is the folder one of drizzle-kit? Else set migrate.folder.`);
  const parsed = journal.safeParse(parseJson(name, text));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new ReleaseKitError(`${name}: ${issue?.path.join("/")}: ${issue?.message}`);
  }
  const { entries } = parsed.data;
  const doubled = entries.find(({ tag }, index) => entries.findIndex((other) => other.tag === tag) !== index);
  if (doubled) throw new ReleaseKitError(`${name} names the migration ${doubled.tag} twice`);
  return entries.map(({ tag, when }) => ({ tag, when }));
}

function parseJson(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ReleaseKitError(`${name} is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
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
