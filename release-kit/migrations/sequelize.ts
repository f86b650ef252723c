import { codeFiles } from "./files.ts";
import type { ReadRepository } from "./migration.ts";

/** https://github.com/sequelize/cli/blob/main/src/core/migrator.js (6.6.5: pattern); .mjs by Umzug's own configuration */
const pattern = /^(?!.*\.d\.ts$).*\.(cjs|mjs|js|cts|ts)$/;

/** Umzug records the names of files with their extension. */
export const sequelize: ReadRepository = (appDirectory, { folder }) => ({
  migrations: codeFiles(appDirectory, folder, (name) => pattern.test(name)),
});
