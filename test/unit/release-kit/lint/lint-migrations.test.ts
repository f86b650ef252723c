import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeFinding, exportFindings } from "../../../../release-kit/lint/export-findings.ts";
import { type Finding, lintMigrations } from "../../../../release-kit/lint/lint-migrations.ts";
import { type RuleName, rules } from "../../../../release-kit/lint/rules.ts";

const lint = (files: Record<string, string>): Promise<Finding[]> =>
  lintMigrations(Object.entries(files).map(([tag, sql]) => ({ tag, file: `drizzle/${tag}.sql`, sql })));
const short = (findings: Finding[]) =>
  findings.map(({ tag, line, rule, createdIn }) => [`${tag}:${line}`, rule, ...(createdIn ? [createdIn] : [])]);

describe("migrations", () => {
  it("are read with drizzle's separators, with or without semicolons, and report the line", async () => {
    const sql = [
      "-- Ätsch: a comment before it",
      "CREATE TABLE a (id int)",
      "--> statement-breakpoint",
      "  /* ü */",
      "ALTER TABLE orders",
      "  DROP COLUMN note;--> statement-breakpoint",
      "SELECT 'é';",
      "DROP TABLE items;",
      "",
    ].join("\n");
    expect(short(await lint({ m: sql }))).toEqual([
      ["m:5", "drop-column"],
      ["m:8", "drop-table"],
    ]);
  });

  it("that cannot be read fail with file, line and the parser's words", async () => {
    const sql = "SELECT 'éé€';\n--> statement-breakpoint\nSELECT 'é';\nALTER TABLE orders DROPP COLUMN x;";
    await expect(lint({ m: sql })).rejects.toMatchObject({
      name: "ReleaseKitError",
      message: 'drizzle/m.sql, line 4: syntax error at or near "DROPP"',
    });
  });

  it("may be empty, or hold comments alone", async () => {
    expect(await lint({ a: "", b: "-- Custom SQL migration file\n" })).toEqual([]);
  });

  it("may do what they like to what they make, under any name", async () => {
    const sql = `CREATE TABLE "public"."a" (x int); CREATE INDEX i ON a (x); ALTER TABLE a RENAME TO b; ALTER TABLE b DROP COLUMN x;
      DROP INDEX i; CREATE TYPE t AS ENUM ('a'); DROP TYPE t; CREATE VIEW v AS SELECT 1; DROP VIEW v; DROP TABLE b;`;
    expect(await lint({ m: sql })).toEqual([]);
  });

  it("report which earlier migration creates what they change", async () => {
    const files = { a: "CREATE TABLE t (x int)", b: "ALTER TABLE t RENAME TO u", c: "CREATE INDEX ON u (x)" };
    expect(short(await lint(files))).toEqual([
      ["b:1", "rename-table", "a"],
      ["c:1", "create-index", "a"],
    ]);
  });

  it("do not make what may be there already", async () => {
    const sql = "CREATE TABLE IF NOT EXISTS t (x int); DROP TABLE t;";
    expect(short(await lint({ m: sql }))).toEqual([["m:1", "drop-table"]]);
  });

  it("may drop a view to make it again", async () => {
    expect(await lint({ m: "DROP VIEW v; CREATE VIEW v AS SELECT 2;" })).toEqual([]);
    expect(short(await lint({ m: "CREATE VIEW w AS SELECT 2; DROP VIEW v;" }))).toEqual([["m:1", "drop-object"]]);
  });

  it.each([
    ["all that depends on it", "DROP SCHEMA shop CASCADE; CREATE SCHEMA shop;", "drop-object"],
    ["columns of the type", "DROP TYPE state CASCADE; CREATE TYPE state AS ENUM ('a');", "drop-object"],
    ["rows", "DROP TABLE t; CREATE TABLE t (x int);", "drop-table"],
    ["the current value", "DROP SEQUENCE s; CREATE SEQUENCE s;", "drop-object"],
    [
      "another overload",
      "DROP FUNCTION f(int); CREATE FUNCTION f(text) RETURNS int LANGUAGE sql AS 'SELECT 1';",
      "drop-object",
    ],
  ])("may not drop %s by creating the name again", async (_what, sql, rule) => {
    expect(short(await lint({ m: sql }))).toEqual([["m:1", rule]]);
  });

  it("may replace a function with one of the same arguments", async () => {
    const create = "CREATE FUNCTION f(a integer, b text[]) RETURNS int LANGUAGE sql AS 'SELECT 1';";
    expect(await lint({ m: `DROP FUNCTION f(int, text[]); ${create}` })).toEqual([]);
    expect(await lint({ m: `${create} DROP FUNCTION f;` })).toEqual([]);
  });

  it.each([
    ["CREATE SCHEMA IF NOT EXISTS shop; DROP SCHEMA shop;", "drop-object"],
    ["CREATE EXTENSION IF NOT EXISTS citext; DROP EXTENSION citext;", "drop-object"],
    ["CREATE SEQUENCE IF NOT EXISTS s; DROP SEQUENCE s;", "drop-object"],
    ["CREATE TEMP TABLE t (x int); TRUNCATE public.t;", "truncate"],
    [
      "DO $$ BEGIN CREATE TABLE t (x int); EXCEPTION WHEN duplicate_table THEN NULL; END $$; DROP TABLE t;",
      "drop-table",
    ],
    ["CREATE SCHEMA t; DROP TABLE t;", "drop-table"],
    ["CREATE FUNCTION f(text) RETURNS int LANGUAGE sql AS 'SELECT 1'; DROP FUNCTION f(int);", "drop-object"],
    ["CREATE TABLE a (x int); ALTER TABLE a RENAME TO b; DROP TABLE a;", "drop-table"],
    ["SET search_path = archive; CREATE TABLE t (x int); SET search_path = public; DROP TABLE t;", "drop-table"],
  ])("did not certainly create what they drop: %s", async (sql, rule) => {
    expect(short(await lint({ m: sql }))).toEqual([["m:1", rule]]);
  });

  it("drop an index that may be an existing unique one", async () => {
    const findings = await lint({ m: "CREATE INDEX IF NOT EXISTS i ON t (x); DROP INDEX CONCURRENTLY i;" });
    expect(findings.map(({ rule }) => rule)).toEqual(["create-index", "drop-unique-index"]);
  });

  it("name no relation of `public` after the search path leads elsewhere, so that Plan does not look for it there", async () => {
    const files = {
      a: "DROP TABLE t",
      b: "SET search_path TO shop; DROP TABLE t",
      c: "DROP TABLE t; RESET search_path",
    };
    expect((await lint(files)).map(({ relation }) => relation)).toEqual(["t", undefined, undefined]);
  });
});

describe("what travels", () => {
  const finding = (rule: RuleName, tag: string): Finding => ({
    tag,
    line: 1,
    rule,
    what: "does it",
    relation: "orders",
  });
  const names = Object.keys(rules) as RuleName[]; // the keys of a constant

  it("is small, loses nothing without counting it, and the worst last", () => {
    const findings = fc.array(fc.tuple(fc.constantFrom(...names), fc.nat(39)), { maxLength: 400 });
    const holds = fc.property(findings, (list) => {
      const all = list.map(([rule, tag]) => finding(rule, `${tag}`));
      const { findings: kept, more = {} } = exportFindings(all);
      const exported = all.filter(({ rule }) => rule !== "enum-value");
      const omitted = Object.values(more).reduce((sum, count) => sum + count, 0);
      const worst = (of: readonly Finding[]) => of.filter(({ rule }) => rules[rule].kind === "destructive").length;
      expect(JSON.stringify(kept).length).toBeLessThan(8_100);
      expect(kept.length + omitted).toBe(exported.length);
      expect(worst(kept)).toBe(Math.min(worst(exported), kept.length));
    });
    fc.assert(holds, { numRuns: 50 });
  });

  it("is in the order of the migrations", () => {
    const all = [finding("create-index", "a"), finding("drop-table", "b"), finding("concurrent-index", "c")];
    expect(exportFindings(all)).toEqual({ findings: all });
  });

  it("reads as one sentence and a way out", () => {
    expect(
      describeFinding({ ...finding("drop-table", "0003_x"), what: "drops table orders", createdIn: "0001_y" }),
    ).toBe(
      "0003_x, line 1: destructive: drops table orders: its rows are lost, and the serving release uses it while the new one starts (harmless while 0001_y is also pending). Fix: First deploy code that does not use it; do this in a later release.",
    );
  });
});
