import { readFileSync } from "node:fs";
import path from "node:path";
import { ReleaseKitError } from "../errors.ts";
import { filesIn } from "./files.ts";
import type { ReadRepository } from "./migration.ts";

/** https://github.com/typeorm/typeorm/blob/master/src/util/DirectoryExportedClassesLoader.ts (1.1.1) */
const pattern = /^(?!.*\.d\.[cm]?ts$).*\.[cm]?[jt]s$/;
/** Also as compiled for ES5. */
const classPattern =
  /\b(?:class\s+([A-Za-z_$][\w$]*)(?:\s+(?:extends|implements)\s[\w$.,\s]+?)?\s*\{|function\s+([A-Za-z_$][\w$]*\d{13})\s*\(\s*\)\s*\{)/g;
const namePattern = /\bname\s*=\s*(["'`])([^"'`]+)\1/;

/**
 * The classes of the files with a method `up`, by the timestamp with which their name ends; a property `name` replaces the name of the class:
 * https://github.com/typeorm/typeorm/blob/master/src/migration/MigrationExecutor.ts (1.1.1: getMigrations)
 */
export const typeorm: ReadRepository = (appDirectory, { folder }) => {
  const names = filesIn(path.join(appDirectory, folder), (name) => pattern.test(name));
  const migrations = names.flatMap((name) => migrationsOf(appDirectory, path.join(folder, name)));
  return { migrations: migrations.sort((a, b) => a.when - b.when).map(({ tag, file }) => ({ tag, file })) };
};

function migrationsOf(appDirectory: string, file: string) {
  const text = readFileSync(path.join(appDirectory, file), "utf8");
  const classes = [...text.matchAll(classPattern)];
  return classes.flatMap(({ 1: name, 2: constructorName, index }, place) => {
    const body = text.slice(index, classes[place + 1]?.index);
    if (!/\bup\s*(?:\(|=)/.test(body)) return [];
    const tag = namePattern.exec(body)?.[2] ?? name ?? constructorName ?? "";
    const when = Number(/\d{13}$/.exec(tag)?.[0]);
    if (Number.isNaN(when))
      throw new ReleaseKitError(
        `${file}: the name of the migration ${tag} does not end with a timestamp of 13 digits, without which TypeORM applies nothing. Fix: rename the class, or create it with typeorm migration:create.`,
      );
    return { tag, file, when };
  });
}
