import { existsSync } from "node:fs";
import path from "node:path";
import { drizzle } from "./drizzle.ts";
import type { Migration, ReadRepository } from "./migration.ts";
import type { MigrationSettings } from "./settings.ts";

export interface Migrations {
  readonly count: number;
  /** The newest, oldest first. */
  readonly newest: readonly Migration[];
  /** Problems that do not fail the build. */
  readonly warnings: readonly string[];
}

const tools: Readonly<Record<MigrationSettings["tool"], ReadRepository>> = { drizzle };

// The size of exported variables is limited. MIGRATION_COUNT shows a deployment with more pending migrations than this.
const maxExported = 40;
const maxCharacters = 8_000;

/** The migrations of the app; none if the configuration says so or the folder does not exist. */
export function readMigrations(appDirectory: string, settings: MigrationSettings | false): Migrations {
  if (settings === false || !existsSync(path.join(appDirectory, settings.folder)))
    return { count: 0, newest: [], warnings: [] };
  const { migrations, warnings } = tools[settings.tool](appDirectory, settings);
  return { count: migrations.length, newest: newestThatFit(migrations.slice(-maxExported)), warnings };
}

/** The value of MIGRATIONS. */
export function exportMigrations(migrations: readonly Migration[]): string {
  return JSON.stringify(migrations.map(({ tag, when, hash, byName }) => ({ tag, when, hash, byName })));
}

function newestThatFit(migrations: readonly Migration[]): Migration[] {
  let left = maxCharacters;
  const firstKept = migrations.findLastIndex((migration) => {
    left -= exportMigrations([migration]).length;
    return left < 0;
  });
  return migrations.slice(firstKept + 1);
}
