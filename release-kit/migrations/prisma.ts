import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { ReleaseKitError } from "../errors.ts";
import { hashOf, readSql } from "./files.ts";
import type { ReadRepository } from "./migration.ts";

/**
 * `<name>/migration.sql`, in the order of the names; the hash is the SHA-256 of the file:
 * https://github.com/prisma/prisma-engines/blob/main/schema-engine/connectors/schema-connector/src/checksum.rs
 */
export const prisma: ReadRepository = (appDirectory, { folder }) => {
  const directory = path.join(appDirectory, folder);
  const names = readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
  return {
    migrations: names.map((tag) => {
      const file = path.join(folder, tag, "migration.sql");
      if (!existsSync(path.join(appDirectory, file)))
        throw new ReleaseKitError(
          `${file} does not exist, without which Prisma applies nothing. Fix: commit it, or remove the folder ${path.dirname(file)}.`,
        );
      const hash = hashOf(readFileSync(path.join(appDirectory, file), "utf8"));
      return { tag, file, hash, sql: readSql(path.join(appDirectory, file)) };
    }),
  };
};
