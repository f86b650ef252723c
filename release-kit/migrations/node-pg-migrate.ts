import path from "node:path";
import { ReleaseKitError } from "../errors.ts";
import { filesIn, readSql } from "./files.ts";
import type { ReadRepository } from "./migration.ts";

/**
 * Every file of the folder, recorded without its extension, by the number with which it begins:
 * https://github.com/salsita/node-pg-migrate/blob/main/src/migration.ts and utils/comparators.ts (9.0.0)
 */
export const nodePgMigrate: ReadRepository = (appDirectory, { folder }) => {
  const names = filesIn(path.join(appDirectory, folder), (name) => !name.startsWith("."));
  const ordered = names
    .map((name) => ({ name, number: numberOf(path.join(folder, name)) }))
    .sort((a, b) => a.number - b.number || compareNames(a.name, b.name));
  return {
    migrations: ordered.map(({ name }) => {
      const file = path.join(folder, name);
      const tag = path.basename(name, path.extname(name));
      return path.extname(name) === ".sql"
        ? { tag, file, sql: upOf(readSql(path.join(appDirectory, file))) }
        : { tag, file };
    }),
  };
};

function numberOf(file: string): number {
  const [prefix] = /^\d+/.exec(path.basename(file)) ?? [];
  if (prefix === undefined)
    throw new ReleaseKitError(
      `${file} does not begin with a number, without which node-pg-migrate applies nothing. Fix: rename it, or move it out of the folder of the migrations.`,
    );
  if (prefix.length !== 17) return Number(prefix);
  const [, date, hour, minute, second, milliseconds] = /^(\d{8})(\d\d)(\d\d)(\d\d)(\d{3})$/.exec(prefix) ?? [];
  const day = date?.replace(/^(\d{4})(\d\d)(\d\d)$/, "$1-$2-$3");
  return Date.parse(`${day}T${hour}:${minute}:${second}.${milliseconds}Z`);
}

const compareNames = (a: string, b: string) =>
  a.localeCompare(b, undefined, { usage: "sort", numeric: true, sensitivity: "variant", ignorePunctuation: true });

const startOf = (direction: string) => new RegExp(String.raw`^\s*--[\s-]*${direction}\s+migration`, "im");

/** https://github.com/salsita/node-pg-migrate/blob/main/src/sqlMigration.ts; lines before the part are kept empty. */
function upOf(sql: string): string {
  const up = sql.search(startOf("up"));
  const down = sql.search(startOf("down"));
  if (up < 0) return sql;
  return sql.slice(0, up).replaceAll(/[^\n]/g, "") + sql.slice(up, down < up ? undefined : down);
}
