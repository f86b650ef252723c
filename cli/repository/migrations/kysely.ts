import { compiledFolder } from "../build-output.ts";
import { dependsOn } from "../manifest.ts";
import { observe } from "../observation.ts";
import { resolveScript } from "../scripts.ts";
import { findMigrateCommand } from "./migrate-command.ts";
import type { FindMigrations } from "./migration-tool.ts";

/** https://kysely.dev/docs/migrations: modules with `up`, recorded in `kysely_migration` by file name. */
export const kysely: FindMigrations = ({ repository, root, manifest, sources }) => {
  if (!dependsOn(manifest, "kysely")) return undefined;
  const first = sources.find(
    ({ file }) =>
      /(^|\/)migrations\/[^/]+$/.test(file) &&
      /export\s+(async\s+)?(function|const)\s+up\b/.test(repository.read(file) ?? ""),
  );
  const command = findMigrateCommand(manifest, /kysely migrate:latest/);
  if (!first || command === undefined) return undefined;
  const folder = compiledFolder(repository, root, first.file);
  const script = Object.keys(manifest.scripts).find((name) => /migrat\w*[:-]list$/.test(name));
  const list = (script === undefined ? undefined : resolveScript(manifest, script)?.argv) ?? [
    "node",
    "-p",
    namesIn(folder),
  ];
  return observe(
    { tool: "custom", folder, command, list, table: "kysely_migration" },
    first.file,
    "Kysely's migrations",
  );
};

/** JavaScript that lists the modules of a folder as Kysely names them. */
const namesIn = (folder: string) =>
  `require("node:fs").readdirSync("${folder}").flatMap((f) => /^(.+)\\.[cm]?js$/.exec(f)?.[1] ?? []).sort().join("\\n")`;
