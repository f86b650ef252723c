import { describe, expect, test } from "vitest";
import type { DatabaseState } from "../../../../../lambdas/deploy/plan/database.ts";
import { indexNotes, ledgerNotes, notReady, type Question } from "../../../../../lambdas/deploy/plan/readiness.ts";

const ready: DatabaseState = {
  ledger: { rows: [] },
  relations: { sizes: new Map(), plainConstraints: new Set(), plainIndexes: new Set() },
  invalidIndexes: [],
  transactions: [{ pid: 7, application: "shop", seconds: 2, state: "active" }],
  migrations: [],
  connections: { max: 100, reserved: 3, used: 20, ofApp: 10 },
};
const index = { tag: "0001_b", line: 1, rule: "concurrent-index", what: "builds index", relation: "orders_name" };
const question: Question = {
  image: {
    uri: "shop@sha256:1",
    digest: "sha256:1",
    migrations: [
      { tag: "0000_a", when: 100 },
      { tag: "0001_b", when: 200 },
    ],
    migrationCount: 2,
    requiredVariables: [],
    findings: { findings: [index] },
  },
  pending: ["0001_b"],
  comparison: { missing: [], pending: [], pendingCount: 1, edited: [], unknown: [] },
  ledger: { tool: "Drizzle", table: "drizzle.__drizzle_migrations" },
  tasks: 2,
};
const nothingPending = { ...question, pending: [] };
const left = [{ index: "orders_name", table: "orders" }];
const long = { pid: 42, application: "report", seconds: 61.2, state: "idle in transaction" };
const check = (changes: Partial<DatabaseState>, asked = question) => notReady({ ...ready, ...changes }, asked);

test("a database is normally ready", () => expect(check({})).toBeUndefined());

describe("a database is not ready", () => {
  test("with an index that an earlier attempt left", () => {
    expect(check({ invalidIndexes: left })).toMatchObject({
      name: "DatabaseInconsistent",
      message: expect.stringContaining("DROP INDEX CONCURRENTLY orders_name;"),
    });
  });

  test("with migrations that the tool would skip, pending or not", () => {
    const problem = {
      what: "Drizzle would skip 0001_b.",
      details: ["0001_b is older"],
      fix: "Fix: generate it again.",
    };
    const error = check({}, { ...nothingPending, comparison: { ...question.comparison, problem } });
    expect(error).toMatchObject({
      name: "DatabaseInconsistent",
      message: "Drizzle would skip 0001_b. Nothing was changed.\n- 0001_b is older\nFix: generate it again.",
    });
  });

  test("while a migration is running", () => {
    expect(check({ migrations: [{ pid: 9, application: "lockstep-migrate", seconds: 5 }] })).toMatchObject({
      name: "DatabaseBusy",
      message: expect.stringContaining("pg_terminate_backend(9)"),
    });
  });

  test("while a transaction blocks migrations", () => {
    const error = check({ transactions: [long, ...ready.transactions] });
    expect(error).toMatchObject({ name: "DatabaseBusy" });
    expect(error?.message).toContain("- pid 42, application report, for 61 seconds, idle in transaction\n");
    expect(error?.message).not.toContain("pid 7");
  });

  test.each([
    [86, undefined],
    [87, "DatabaseBusy"],
  ])("with %i of 97 connections in use and 10 of the app: %s", (used, name) => {
    expect(check({ connections: { max: 100, reserved: 3, used, ofApp: 10 } })?.name).toBe(name);
  });

  test("for as many tasks as the service has, even if the app sleeps", () => {
    const connections = { max: 10, reserved: 3, used: 6, ofApp: 0 };
    expect(check({ connections }, nothingPending)?.message).toContain("needs at least 2");
  });
});

describe("a database is ready nevertheless", () => {
  test("with old transactions and invalid indexes, if nothing is pending", () => {
    expect(check({ transactions: [long], invalidIndexes: left }, nothingPending)).toBeUndefined();
  });

  test("with an unrelated invalid index, which is reported", () => {
    const other = { invalidIndexes: [{ index: "other", table: "orders" }] };
    expect(check(other)).toBeUndefined();
    expect(indexNotes({ ...ready, ...other })).toEqual([expect.stringContaining("DROP INDEX CONCURRENTLY other")]);
  });

  test("with an applied migration that was changed since, or is not in the release, or without SQL, which is reported", () => {
    const pending = [{ tag: "0001_b.js", isCode: true }, { tag: "0001_b.sql" }];
    const comparison = { ...question.comparison, pending, edited: [{ tag: "0000_a" }], unknown: ["0002_c"] };
    expect(check({}, { ...nothingPending, comparison })).toBeUndefined();
    expect(ledgerNotes({ ...nothingPending, comparison })).toEqual([
      "No SQL to check in 0001_b.js: whether the live release works with the new schema was not checked.",
      expect.stringContaining("Migration 0000_a was changed after it was applied; Drizzle does not apply it again."),
      "The database is ahead: the release has no file for 0002_c in drizzle.__drizzle_migrations.",
    ]);
  });
});
