import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  exportMigrations,
  type Migrations,
  readMigrations,
} from "../../../../release-kit/migrations/read-migrations.ts";
import type { MigrationSettings } from "../../../../release-kit/migrations/settings.ts";

let app: string;

beforeEach(() => {
  app = mkdtempSync(path.join(tmpdir(), "lockstep-app-"));
});
afterEach(() => rmSync(app, { recursive: true }));

/** Of `SELECT 1;`, as drizzle-orm computes it. */
const hash = createHash("sha256").update("SELECT 1;").digest("hex").slice(0, 16);

const settings = { tool: "drizzle", folder: "drizzle", command: ["node", "up.js"] } as const;

const entry = (index: number) => ({ idx: index, tag: `${String(index).padStart(4, "0")}_change`, when: 1000 + index });

function write(entries: { tag: string; when: number }[], dialect = "postgresql"): void {
  mkdirSync(path.join(app, "drizzle", "meta"), { recursive: true });
  writeFileSync(path.join(app, "drizzle", "meta", "_journal.json"), JSON.stringify({ dialect, entries }));
  for (const { tag } of entries) writeFileSync(path.join(app, "drizzle", `${tag}.sql`), "SELECT 1;");
}

it("finds none without the folder, and says so", () => {
  expect(readMigrations(app, settings)).toEqual({
    count: 0,
    newest: [],
    warnings: [expect.stringContaining("The folder drizzle of the migrations (app.migrations.folder) does not exist")],
  });
});

it("finds none if the configuration says that there are none", () => {
  write([entry(0)]);
  expect(readMigrations(app, false)).toEqual({ count: 0, newest: [], warnings: [] });
});

it("returns the newest forty and the count of all", () => {
  write(Array.from({ length: 50 }, (_, index) => entry(index)));
  const { count, newest } = readMigrations(app, settings);
  expect(count).toBe(50);
  expect(newest).toHaveLength(40);
  expect(newest[0]).toEqual({
    tag: "0010_change",
    when: 1010,
    file: "drizzle/0010_change.sql",
    hash,
    sql: "SELECT 1;",
  });
  expect(newest.at(-1)).toEqual({
    tag: "0049_change",
    when: 1049,
    file: "drizzle/0049_change.sql",
    hash,
    sql: "SELECT 1;",
  });
});

it("reads the folders that drizzle-kit 1.0 writes", () => {
  for (const name of ["20251122103000_second", "20251121000000_first", "notes"])
    mkdirSync(path.join(app, "drizzle", name), { recursive: true });
  for (const name of ["20251122103000_second", "20251121000000_first"])
    writeFileSync(path.join(app, "drizzle", name, "migration.sql"), "SELECT 1;");
  expect(readMigrations(app, settings).newest).toEqual([
    {
      tag: "20251121000000_first",
      when: Date.UTC(2025, 10, 21),
      byName: true,
      file: "drizzle/20251121000000_first/migration.sql",
      hash,
      sql: "SELECT 1;",
    },
    {
      tag: "20251122103000_second",
      when: Date.UTC(2025, 10, 22, 10, 30),
      byName: true,
      file: "drizzle/20251122103000_second/migration.sql",
      hash,
      sql: "SELECT 1;",
    },
  ]);
});

it("reads a journal with a byte order mark, as npm and Node.js do", () => {
  write([entry(0)]);
  const file = path.join(app, "drizzle", "meta", "_journal.json");
  writeFileSync(file, `\uFEFF${JSON.stringify({ dialect: "postgresql", entries: [entry(0)] })}`);
  expect(readMigrations(app, settings).count).toBe(1);
});

it("fails for a migration whose file does not exist", () => {
  write([entry(0), entry(1)]);
  rmSync(path.join(app, "drizzle", "0001_change.sql"));
  expect(() => readMigrations(app, settings)).toThrow(
    "drizzle/meta/_journal.json names the migration 0001_change, but drizzle/0001_change.sql does not exist",
  );
});

it("returns no more than an exported variable can hold", () => {
  const tag = (index: number) => `${String(index).padStart(4, "0")}_${"x".repeat(240)}`;
  write(Array.from({ length: 40 }, (_, index) => ({ tag: tag(index), when: index })));
  const { count, newest } = readMigrations(app, settings);
  expect(count).toBe(40);
  expect(newest.at(-1)?.tag).toBe(tag(39));
  expect(newest[0]?.tag).toBe(tag(40 - newest.length));
  expect(exportMigrations(newest).length).toBeGreaterThan(7_500);
  expect(exportMigrations(newest).length).toBeLessThanOrEqual(8_000);
});

it("warns of migrations that drizzle will skip", () => {
  write([entry(5), { ...entry(6), when: 1 }, { ...entry(7), when: 1005 }]);
  expect(readMigrations(app, settings).warnings).toEqual([
    expect.stringContaining("0006_change is dated before 0005"),
    expect.stringContaining("0007_change is dated at the same time as 0005"),
  ]);
});

it.each([
  ["a journal of another database", () => write([entry(0)], "mysql"), /dialect/],
  ["a name that leads elsewhere", () => write([{ tag: "../x", when: 1 }]), /entries\/0\/tag/],
  ["a migration that is named twice", () => write([entry(0), entry(0)]), /0000_change twice/],
  ["a folder without a journal", () => mkdirSync(path.join(app, "drizzle")), /_journal\.json does not exist/],
])("refuses %s", (_story, prepare, message) => {
  mkdirSync(path.join(app, "x"));
  prepare();
  expect(() => readMigrations(app, settings)).toThrow(message);
});

it("refuses a journal that is not JSON", () => {
  write([entry(0)]);
  writeFileSync(path.join(app, "drizzle", "meta", "_journal.json"), "<<<<<<< HEAD");
  expect(() => readMigrations(app, settings)).toThrow(/_journal\.json is not JSON/);
});

const file = (name: string, text = "") => {
  mkdirSync(path.join(app, path.dirname(name)), { recursive: true });
  writeFileSync(path.join(app, name), text);
};
const read = (tool: MigrationSettings["tool"], changes: Partial<MigrationSettings> = {}) =>
  readMigrations(app, { tool, folder: "migrations", command: ["up"], ...changes });
const tagsOf = ({ newest }: Migrations) => newest.map(({ tag }) => tag);

it("reads the folders of Prisma Migrate, with the checksum that it records", () => {
  file("migrations/migration_lock.toml", 'provider = "postgresql"');
  file("migrations/20240102000000_note/migration.sql", "SELECT 1;");
  file("migrations/20240101000000_init/migration.sql", "\uFEFFSELECT 2;");
  const { newest } = read("prisma");
  expect(newest).toMatchObject([
    { tag: "20240101000000_init", sql: "SELECT 2;" },
    { tag: "20240102000000_note", hash },
  ]);
  mkdirSync(path.join(app, "migrations", "20240103000000_empty"));
  expect(() => read("prisma")).toThrow("migrations/20240103000000_empty/migration.sql does not exist");
});

it.each([
  ["knex", ["1_a.js", "2_b.ts", "3_c.cjs"], ["4_d.d.ts", "5_e.sql", "README.md"]],
  ["sequelize", ["1-a.js", "2-b.ts", "3-c.cjs"], ["4-d.d.ts", "5-e.sql", "README.md"]],
] as const)("reads the files of %s by their names, and says that they have no SQL", (tool, names, others) => {
  for (const name of [...names, ...others]) file(`migrations/${name}`, "export const up = () => {};");
  const migrations = read(tool);
  expect(tagsOf(migrations)).toEqual(names);
  expect(JSON.parse(exportMigrations(migrations.newest))).toEqual(names.map((tag) => ({ tag, isCode: true })));
  expect(migrations.warnings).toEqual([
    `No SQL to check: of the newest 3 migrations, 3 are written in a programming language (${tool})`,
  ]);
});

it("reads the files of node-pg-migrate by their number, and of SQL files the part that is applied", () => {
  file("migrations/1700000000002_b.js");
  const down = "-- Down Migration\nDROP TABLE a;";
  file("migrations/1700000000001_a.sql", `-- Note\n-- Up Migration\nCREATE TABLE a ();\n\n${down}`);
  file("migrations/20240101000000000_c.sql", `${down}\n-- Up Migration\nCREATE TABLE c ();`);
  file("migrations/.eslintrc");
  const { newest, warnings } = read("node-pg-migrate");
  expect(newest).toEqual([
    {
      tag: "1700000000001_a",
      file: "migrations/1700000000001_a.sql",
      sql: "\n-- Up Migration\nCREATE TABLE a ();\n",
    },
    { tag: "1700000000002_b", file: "migrations/1700000000002_b.js" },
    {
      tag: "20240101000000000_c",
      file: "migrations/20240101000000000_c.sql",
      sql: "\n\n-- Up Migration\nCREATE TABLE c ();",
    },
  ]);
  expect(warnings).toEqual([expect.stringContaining("of the newest 3 migrations, 1 are written")]);
  file("migrations/README.md");
  expect(() => read("node-pg-migrate")).toThrow("migrations/README.md does not begin with a number");
});

it("reads the classes of TypeORM by their timestamp, as written and as compiled", () => {
  const method = "async up(queryRunner) {}\n  async down(queryRunner) {}";
  file("migrations/b.ts", `export class Note1700000000002 implements MigrationInterface {\n  public ${method}\n}`);
  file(
    "migrations/a.js",
    `class Init {\n  constructor() {\n    this.name = 'Init1700000000001';\n  }\n  ${method}\n}\nexports.Init = Init;`,
  );
  file(
    "migrations/es5.js",
    "var T = (function () {\n  function Tag1700000000003() {\n  }\n  Tag1700000000003.prototype.up = function () {};",
  );
  file("migrations/a.d.ts", `export declare class Init1700000000001 { ${method} }`);
  file("migrations/index.js", "// the class of a migration { up( }\nclass Helper { help() {} }");
  expect(tagsOf(read("typeorm"))).toEqual(["Init1700000000001", "Note1700000000002", "Tag1700000000003"]);
  file("migrations/c.ts", `export class Nameless { ${method} }`);
  expect(() => read("typeorm")).toThrow(
    "migrations/c.ts: the name of the migration Nameless does not end with a timestamp",
  );
});

it("reads plain SQL files by their number", () => {
  for (const name of ["10_c.sql", "9_b.sql", "009_a.sql", "9_b.down.sql", "notes.md"])
    file(`migrations/${name}`, "SELECT 1;");
  expect(read("sql").newest).toMatchObject([
    { tag: "009_a.sql" },
    { tag: "9_b.sql", hash, sql: "SELECT 1;" },
    { tag: "10_c.sql" },
  ]);
});

describe("a custom list", () => {
  const listing = (script: string) => read("custom", { list: [process.execPath, "-e", script] });

  it("has a name per line, or JSON with the SQL files to check", () => {
    expect(tagsOf(listing("console.log('001\\n\\n 002 ')"))).toEqual(["001", "002"]);
    file("db/002.sql", "DROP TABLE a;");
    const json = JSON.stringify(["001", { name: "002", file: "db/002.sql" }]);
    expect(listing(`console.log('${json}')`).newest).toEqual([
      { tag: "001", file: "001" },
      { tag: "002", file: "db/002.sql", sql: "DROP TABLE a;" },
    ]);
  });

  it.each([
    ["process.exit(3)", /app\.migrations\.list\) failed: .* Fix: correct it/s],
    ["console.log('[1]')", /is not a JSON list of names/],
    ['console.log(\'[{"name":"1","file":"x.sql"}]\')', /lists x\.sql, which does not exist/],
    ["console.log('a;b')", /other characters than/],
  ])("is refused: %s", (script, message) => {
    expect(() => listing(script)).toThrow(message);
  });
});

it.each(["prisma", "typeorm", "sql"] as const)("fails if the folder of %s does not exist", (tool) => {
  expect(() => read(tool)).toThrow("The folder migrations of the migrations (app.migrations.folder) does not exist");
});
