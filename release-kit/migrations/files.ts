import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** The first digits of the SHA-256 of a file, as tools record it. */
export const hashOf = (content: string) => createHash("sha256").update(content).digest("hex").slice(0, 16);

/** Without a byte order mark. */
export const readSql = (file: string) => readFileSync(file, "utf8").replace(/^\uFEFF/, "");

/** Names of the files of a folder, in the order of their characters, as most tools sort them. */
export function filesIn(directory: string, isMigration: (name: string) => boolean): string[] {
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && isMigration(entry.name))
    .map(({ name }) => name)
    .sort();
}

/** For tools whose migrations are files of code, recorded by their names. */
export function codeFiles(appDirectory: string, folder: string, isMigration: (name: string) => boolean) {
  return filesIn(path.join(appDirectory, folder), isMigration).map((tag) => ({ tag, file: path.join(folder, tag) }));
}
