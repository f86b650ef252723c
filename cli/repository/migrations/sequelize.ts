import path from "node:path";
import { dependsOn } from "../manifest.ts";
import { observe } from "../observation.ts";
import { inFolder } from "../repository.ts";
import { configurationFile, hasFiles } from "./folders.ts";
import { findMigrateCommand } from "./migrate-command.ts";
import type { FindMigrations } from "./migration-tool.ts";

/** https://sequelize.org/docs/v6/other-topics/migrations/: `migrations-path` of .sequelizerc, else `migrations`. */
export const sequelize: FindMigrations = ({ repository, root, manifest }) => {
  if (!dependsOn(manifest, "sequelize-cli") && !dependsOn(manifest, "umzug")) return undefined;
  const file = configurationFile(repository, root, /^\.sequelizerc$/);
  const line =
    /['"]migrations-path['"]\s*:\s*(.+)/.exec(file === undefined ? "" : (repository.read(file) ?? ""))?.[1] ?? "";
  const words = [...line.matchAll(/['"]([^'"]+)['"]/g)].map(([, word = ""]) => word);
  const folder = words.length > 0 ? path.posix.join(...words) : "migrations";
  if (!hasFiles(repository, inFolder(root, folder))) return undefined;
  const command = findMigrateCommand(manifest, /sequelize(-cli)? db:migrate$/);
  return observe(
    { tool: "sequelize", folder, command },
    file ?? `${inFolder(root, folder)}/`,
    "Sequelize's migrations",
  );
};
