import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { exportMigrations, readMigrations } from "../../../../release-kit/migrations/read-migrations.ts";

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

it("finds none without the folder", () => {
  expect(readMigrations(app, settings)).toEqual({ count: 0, newest: [], warnings: [] });
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
  expect(newest[0]).toEqual({ tag: "0010_change", when: 1010, file: "0010_change.sql", hash });
  expect(newest.at(-1)).toEqual({ tag: "0049_change", when: 1049, file: "0049_change.sql", hash });
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
      file: "20251121000000_first/migration.sql",
      hash,
    },
    {
      tag: "20251122103000_second",
      when: Date.UTC(2025, 10, 22, 10, 30),
      byName: true,
      file: "20251122103000_second/migration.sql",
      hash,
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
