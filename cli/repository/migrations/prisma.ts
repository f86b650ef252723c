import path from "node:path";
import { dependsOn } from "../manifest.ts";
import { observe } from "../observation.ts";
import { inFolder } from "../repository.ts";
import { propertiesIn } from "../source/properties.ts";
import { configurationFile, hasFiles, relativeFolder } from "./folders.ts";
import { findMigrateCommand } from "./migrate-command.ts";
import type { FindMigrations } from "./migration-tool.ts";

/** https://www.prisma.io/docs/orm/reference/prisma-config-reference: `migrations.path`, else beside the schema. */
export const prisma: FindMigrations = ({ repository, root, manifest }) => {
  if (!dependsOn(manifest, "prisma") && !dependsOn(manifest, "@prisma/client")) return undefined;
  const file = configurationFile(repository, root, /^prisma\.config\.[cm]?[jt]s$/);
  const properties = file === undefined ? [] : propertiesIn(file, repository.read(file) ?? "");
  const value = (key: string) => properties.find((property) => property.key === key)?.values[0];
  const configured = value("path");
  const schema = value("schema") ?? manifest.prisma?.schema ?? "prisma/schema.prisma";
  const schemaFolder = path.posix.extname(schema) === "" ? schema : path.posix.dirname(schema);
  const folder =
    configured !== undefined && file !== undefined
      ? relativeFolder(file, root, configured)
      : path.posix.join(schemaFolder, "migrations");
  if (!hasFiles(repository, inFolder(root, folder))) return undefined;
  const command = findMigrateCommand(manifest, /prisma migrate deploy/);
  return observe({ tool: "prisma", folder, command }, `${inFolder(root, folder)}/`, "Prisma's migrations");
};
