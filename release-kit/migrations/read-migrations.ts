import { existsSync } from "node:fs";
import path from "node:path";
import { ReleaseKitError } from "../errors.ts";
import { custom } from "./custom.ts";
import { drizzle } from "./drizzle.ts";
import { knex } from "./knex.ts";
import type { Migration, ReadRepository } from "./migration.ts";
import { nodePgMigrate } from "./node-pg-migrate.ts";
import { prisma } from "./prisma.ts";
import { sequelize } from "./sequelize.ts";
import type { MigrationSettings } from "./settings.ts";
import { sql } from "./sql.ts";
import { typeorm } from "./typeorm.ts";

export interface Migrations {
  readonly count: number;
  /** The newest, oldest first. */
  readonly newest: readonly Migration[];
  /** Problems that do not fail the build. */
  readonly warnings: readonly string[];
}

const tools: Readonly<Record<MigrationSettings["tool"], ReadRepository>> = {
  drizzle,
  prisma,
  knex,
  "node-pg-migrate": nodePgMigrate,
  typeorm,
  sequelize,
  sql,
  custom,
};

// The size of exported variables is limited. MIGRATION_COUNT shows a deployment with more pending migrations than this.
const maxExported = 40;
const maxCharacters = 8_000;

/** The migrations of the app; none if the configuration says so. */
export function readMigrations(appDirectory: string, settings: MigrationSettings | false): Migrations {
  if (settings === false) return { count: 0, newest: [], warnings: [] };
  const { tool, folder } = settings;
  if (tool !== "custom" && !existsSync(path.join(appDirectory, folder))) return withoutFolder(settings);
  const { migrations, warnings = [] } = tools[tool](appDirectory, settings);
  checkNames(migrations);
  const newest = newestThatFit(migrations.slice(-maxExported));
  const code = newest.filter(({ sql }) => sql === undefined);
  const uncheckable = `No SQL to check: of the newest ${newest.length} migrations, ${code.length} are written in a programming language (${tool})`;
  return { count: migrations.length, newest, warnings: [...warnings, ...(code.length > 0 ? [uncheckable] : [])] };
}

/** `drizzle` is also the default of apps that say nothing about migrations. */
function withoutFolder({ tool, folder }: MigrationSettings): Migrations {
  const missing = `The folder ${folder} of the migrations (app.migrations.folder) does not exist`;
  if (tool === "drizzle") return { count: 0, newest: [], warnings: [`${missing}: the app has no migrations`] };
  throw new ReleaseKitError(
    `${missing}. Fix: correct app.migrations.folder${tool === "typeorm" ? ", which is the folder of the compiled migrations" : ""}; an app without migrations sets app.migrations: false.`,
  );
}

/** Names become part of messages, and of variables for the shell. */
function checkNames(migrations: readonly Migration[]): void {
  const strange = migrations.find(({ tag }) => !/^[\w .,@+()$-]{1,255}$/.test(tag));
  if (strange)
    throw new ReleaseKitError(
      `${strange.file}: the name of the migration has other characters than letters, digits, spaces and .,@+()$_-, or more than 255. Fix: rename it.`,
    );
}

/** The value of MIGRATIONS. */
export function exportMigrations(migrations: readonly Migration[]): string {
  return JSON.stringify(
    migrations.map(({ tag, when, hash, byName, sql }) => ({
      tag,
      when,
      hash,
      byName,
      ...(sql === undefined && { isCode: true }),
    })),
  );
}

function newestThatFit(migrations: readonly Migration[]): Migration[] {
  let left = maxCharacters;
  const firstKept = migrations.findLastIndex((migration) => {
    left -= exportMigrations([migration]).length;
    return left < 0;
  });
  return migrations.slice(firstKept + 1);
}
