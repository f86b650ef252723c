import { readFileSync } from "node:fs";
import path from "node:path";
import { hashOf, readSql } from "./files.ts";
import type { ReadRepository } from "./migration.ts";
import { sqlFiles } from "./sql-files.ts";

/** The SQL files that release-kit/sql-runner applies. */
export const sql: ReadRepository = (appDirectory, { folder }) => ({
  migrations: sqlFiles(path.join(appDirectory, folder)).map((tag) => {
    const file = path.join(folder, tag);
    const hash = hashOf(readFileSync(path.join(appDirectory, file), "utf8"));
    return { tag, file, hash, sql: readSql(path.join(appDirectory, file)) };
  }),
});
