import path from "node:path";
import { codeFiles } from "./files.ts";
import type { ReadRepository } from "./migration.ts";

/** https://github.com/knex/knex/blob/master/lib/migrations/common/MigrationsLoader.js (3.3.0: DEFAULT_LOAD_EXTENSIONS; .mjs by loadExtensions) */
const extensions = [".co", ".coffee", ".eg", ".iced", ".js", ".cjs", ".mjs", ".litcoffee", ".ls", ".ts"];

/** Knex records the names of files with their extension. */
export const knex: ReadRepository = (appDirectory, { folder }) => ({
  migrations: codeFiles(
    appDirectory,
    folder,
    (name) => extensions.includes(path.extname(name)) && !name.endsWith(".d.ts"),
  ),
});
