import { copyFileSync } from "node:fs";
import path from "node:path";
import { checkSqlFiles } from "./check-sql.ts";
import type { Migrations } from "./read-migrations.ts";
import type { MigrationSettings } from "./settings.ts";

/** The script that applies plain SQL files. */
export const runner = "lockstep-migrate.mjs";

/** Checks and adds what the migrate command needs in the image, and returns the paths in the app's directory. */
export async function prepareMigrations(
  directory: string,
  settings: MigrationSettings | false,
  { newest }: Pick<Migrations, "newest">,
): Promise<string[]> {
  if (settings === false) return [];
  if (settings.tool !== "sql") return [settings.folder];
  await checkSqlFiles(newest);
  copyFileSync(path.join(import.meta.dirname, runner), path.join(directory, runner));
  return [settings.folder, runner];
}
