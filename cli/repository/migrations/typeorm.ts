import path from "node:path";
import { compiledFile, compiledFolder } from "../build-output.ts";
import { dependsOn } from "../manifest.ts";
import { observe } from "../observation.ts";
import { findMigrateCommand } from "./migrate-command.ts";
import type { FindMigrations } from "./migration-tool.ts";

/** Classes that implement MigrationInterface; TypeORM loads them from where they are compiled to. */
export const typeorm: FindMigrations = ({ repository, root, manifest, sources }) => {
  if (!dependsOn(manifest, "typeorm")) return undefined;
  const migrations = sources.filter(({ file }) =>
    /implements\s+MigrationInterface|\bMigrationInterface\b/.test(repository.read(file) ?? ""),
  );
  const first = migrations.find(({ file }) => /\d{10,}/.test(path.posix.basename(file)));
  if (!first) return undefined;
  const dataSources = sources.filter(({ file }) => /new\s+DataSource\s*\(/.test(repository.read(file) ?? ""));
  const dataSource = dataSources.find(({ file }) => /data-?source/i.test(file)) ?? dataSources[0];
  const fallback =
    dataSource === undefined
      ? undefined
      : ["node_modules/.bin/typeorm", "migration:run", "-d", compiledFile(repository, root, dataSource.file)];
  const command = findMigrateCommand(manifest, /typeorm\b.* migration:run|typeorm migration:run/) ?? fallback;
  const folder = compiledFolder(repository, root, first.file);
  return observe({ tool: "typeorm", folder, command }, first.file, "TypeORM's migrations");
};
