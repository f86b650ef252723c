import { dependsOn } from "../manifest.ts";
import { observe } from "../observation.ts";
import { inFolder } from "../repository.ts";
import { hasFiles } from "./folders.ts";
import { findMigrateCommand, optionOf } from "./migrate-command.ts";
import type { FindMigrations } from "./migration-tool.ts";

/** https://salsita.github.io/node-pg-migrate/cli: `--migrations-dir` is `migrations`. */
export const nodePgMigrate: FindMigrations = ({ repository, root, manifest }) => {
  if (!dependsOn(manifest, "node-pg-migrate")) return undefined;
  const script = findMigrateCommand(manifest, /node-pg-migrate\b(?!.* (down|create|redo))/);
  const folder = optionOf(script, "-m", "--migrations-dir") ?? "migrations";
  const table = optionOf(script, "-t", "--migrations-table");
  if (!hasFiles(repository, inFolder(root, folder))) return undefined;
  const isBare = script?.[0]?.endsWith("/node-pg-migrate") && !script.includes("up");
  const command = script && isBare ? [...script, "up"] : script;
  return observe(
    { tool: "node-pg-migrate", folder, command, table },
    `${inFolder(root, folder)}/`,
    "migrations of node-pg-migrate",
  );
};
