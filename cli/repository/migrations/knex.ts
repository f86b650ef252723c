import { dependsOn } from "../manifest.ts";
import { observe } from "../observation.ts";
import { inFolder } from "../repository.ts";
import { propertiesIn } from "../source/properties.ts";
import { configurationFile, hasFiles, relativeFolder } from "./folders.ts";
import { findMigrateCommand, optionOf } from "./migrate-command.ts";
import type { FindMigrations } from "./migration-tool.ts";

/** https://knexjs.org/guide/migrations.html: `migrations.directory` is `./migrations`, relative to the knexfile. */
export const knex: FindMigrations = ({ repository, root, manifest }) => {
  if (!dependsOn(manifest, "knex")) return undefined;
  const command = findMigrateCommand(manifest, /knex\b.* migrate:latest/);
  const chosen = optionOf(command, "--knexfile");
  const file =
    chosen === undefined ? configurationFile(repository, root, /^knexfile\.[cm]?[jt]s$/) : inFolder(root, chosen);
  const properties = file === undefined ? [] : propertiesIn(file, repository.read(file) ?? "");
  const directory = properties.find(({ key }) => key === "directory");
  const table = properties.find(({ key }) => key === "tableName")?.values[0];
  const folder = relativeFolder(file ?? inFolder(root, "knexfile.js"), root, directory?.values[0] ?? "migrations");
  if (!hasFiles(repository, inFolder(root, folder))) return undefined;
  const evidence = file !== undefined && directory ? `${file}:${directory.line}` : `${inFolder(root, folder)}/`;
  return observe({ tool: "knex", folder, command, table }, evidence, "Knex's migrations");
};
