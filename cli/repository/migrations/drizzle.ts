import { dependsOn } from "../manifest.ts";
import { observe } from "../observation.ts";
import { inFolder } from "../repository.ts";
import { propertiesIn } from "../source/properties.ts";
import { configurationFile, hasFiles, relativeFolder } from "./folders.ts";
import { findMigrateCommand } from "./migrate-command.ts";
import type { FindMigrations } from "./migration-tool.ts";

/** https://orm.drizzle.team/docs/drizzle-config-file: `out` is `drizzle` unless the file says otherwise. */
export const drizzle: FindMigrations = ({ repository, root, manifest }) => {
  if (!dependsOn(manifest, "drizzle-orm") && !dependsOn(manifest, "drizzle-kit")) return undefined;
  const file = configurationFile(repository, root, /^drizzle\.config\.([cm]?[jt]s|json)$/);
  const out =
    file === undefined
      ? undefined
      : propertiesIn("config.ts", textOf(file, repository.read(file))).find(({ key }) => key === "out");
  const folder =
    file !== undefined && out?.values[0] !== undefined ? relativeFolder(file, root, out.values[0]) : "drizzle";
  if (!hasFiles(repository, inFolder(root, folder))) return undefined;
  const command = findMigrateCommand(manifest, /drizzle-kit migrate/);
  const evidence = file === undefined ? `${inFolder(root, folder)}/` : `${file}${out ? `:${out.line}` : ""}`;
  return observe({ tool: "drizzle", folder, command }, evidence, "Drizzle's migrations");
};

const textOf = (file: string, text = "") => (file.endsWith(".json") ? `(${text})` : text);
