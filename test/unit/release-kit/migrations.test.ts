import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { readMigrations } from "../../../release-kit/migrations.ts";

let app: string;

beforeEach(() => {
  app = mkdtempSync(path.join(tmpdir(), "lockstep-app-"));
});
afterEach(() => rmSync(app, { recursive: true }));

const entry = (index: number) => ({ idx: index, tag: `${String(index).padStart(4, "0")}_change`, when: 1000 + index });

function write(entries: { tag: string; when: number }[], dialect = "postgresql"): void {
  mkdirSync(path.join(app, "drizzle", "meta"), { recursive: true });
  writeFileSync(path.join(app, "drizzle", "meta", "_journal.json"), JSON.stringify({ dialect, entries }));
  for (const { tag } of entries) writeFileSync(path.join(app, "drizzle", `${tag}.sql`), "SELECT 1;");
}

it("finds none without the folder", () => {
  expect(readMigrations(app, "drizzle")).toEqual({ count: 0, newest: [], warnings: [] });
});

it("returns the newest forty and the count of all", () => {
  write(Array.from({ length: 50 }, (_, index) => entry(index)));
  const { count, newest } = readMigrations(app, "drizzle");
  expect(count).toBe(50);
  expect(newest).toHaveLength(40);
  expect(newest[0]).toEqual({ tag: "0010_change", when: 1010, file: "0010_change.sql" });
  expect(newest.at(-1)).toEqual({ tag: "0049_change", when: 1049, file: "0049_change.sql" });
});

it("reads the folders that drizzle-kit 1.0 writes", () => {
  for (const name of ["20251122103000_second", "20251121000000_first", "notes"])
    mkdirSync(path.join(app, "drizzle", name), { recursive: true });
  for (const name of ["20251122103000_second", "20251121000000_first"])
    writeFileSync(path.join(app, "drizzle", name, "migration.sql"), "SELECT 1;");
  expect(readMigrations(app, "drizzle").newest).toEqual([
    {
      tag: "20251121000000_first",
      when: Date.UTC(2025, 10, 21),
      file: "20251121000000_first/migration.sql",
    },
    {
      tag: "20251122103000_second",
      when: Date.UTC(2025, 10, 22, 10, 30),
      file: "20251122103000_second/migration.sql",
    },
  ]);
});

it("reads a journal with a byte order mark, as npm and Node.js do", () => {
  write([entry(0)]);
  const file = path.join(app, "drizzle", "meta", "_journal.json");
  writeFileSync(file, `\uFEFF${JSON.stringify({ dialect: "postgresql", entries: [entry(0)] })}`);
  expect(readMigrations(app, "drizzle").count).toBe(1);
});

it("fails for a migration whose file does not exist", () => {
  write([entry(0), entry(1)]);
  rmSync(path.join(app, "drizzle", "0001_change.sql"));
  expect(() => readMigrations(app, "drizzle")).toThrow(
    "drizzle/meta/_journal.json names the migration 0001_change, but drizzle/0001_change.sql does not exist",
  );
});

it("warns of a migration that drizzle will skip", () => {
  write([entry(5), { ...entry(6), when: 1 }]);
  expect(readMigrations(app, "drizzle").warnings).toEqual([
    expect.stringContaining("0006_change is dated before 0005"),
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
  expect(() => readMigrations(app, "drizzle")).toThrow(message);
});

it("refuses a journal that is not JSON", () => {
  write([entry(0)]);
  writeFileSync(path.join(app, "drizzle", "meta", "_journal.json"), "<<<<<<< HEAD");
  expect(() => readMigrations(app, "drizzle")).toThrow(/_journal\.json is not JSON/);
});
