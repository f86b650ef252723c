import { describe, expect, test } from "vitest";
import type { DatabaseState } from "../../../../../lambdas/deploy/plan/database.ts";
import { editNotes, indexNotes, notReady, type Question } from "../../../../../lambdas/deploy/plan/readiness.ts";

const rows = (...whens: number[]) => whens.map((when) => ({ hash: "a".repeat(64), when, name: undefined }));
const ready: DatabaseState = {
  ledger: rows(100),
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

  test.each([
    [
      "is older than the newest applied one",
      200,
      "- 0001_b is older (when: 200) than the newest applied migration (1700000000000)",
    ],
    ["is dated in seconds", 1_800_000_000, "(when: 1800000000, which is in seconds instead of milliseconds)"],
    ["has the time of an applied one", 100, "- 0001_b has the same time as 0000_a (when: 100)"],
  ])("with a migration that would be skipped because it %s, pending or not", (_why, when, reason) => {
    const migrations = [
      { tag: "0000_a", when: 100 },
      { tag: "0001_b", when },
    ];
    const image = { ...question.image, migrations };
    const error = check({ ledger: rows(100, 1_700_000_000_000) }, { ...nothingPending, image });
    expect(error).toMatchObject({ name: "DatabaseInconsistent" });
    expect(error?.message).toContain("Drizzle would skip 0001_b. Nothing was changed.");
    expect(error?.message).toContain(reason);
    expect(error?.message).toContain("drizzle-kit generate");
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

  test("with an applied migration that was changed since, which is reported", () => {
    const image = { ...question.image, migrations: [{ tag: "0000_a", when: 100, hash: "b".repeat(16) }] };
    expect(check({}, { ...nothingPending, image })).toBeUndefined();
    expect(editNotes(ready, { ...nothingPending, image })).toEqual([
      expect.stringContaining("Migration 0000_a was changed after it was applied"),
    ]);
  });

  test("when it is ahead of the release, or its first applied migration is later than the first of the release", () => {
    expect(check({ ledger: rows(100, 200, 300) }, nothingPending)).toBeUndefined();
    expect(check({ ledger: rows(200) }, nothingPending)).toBeUndefined();
  });
});
