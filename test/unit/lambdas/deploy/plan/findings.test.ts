import { describe, expect, test } from "vitest";
import { breaks, dangers, destructiveMigration, type Relations } from "../../../../../lambdas/deploy/plan/findings.ts";
import type { Finding } from "../../../../../lambdas/core/record.ts";

const small = { rows: 10, bytes: 8_192 };
const relations: Relations = {
  sizes: new Map([
    ["orders", small],
    ["orders_name", small],
    ["orders_email", small],
    ["visits", { rows: 100_000, bytes: 8_192 }],
    ["pictures", { rows: -1, bytes: 64 * 1024 * 1024 }],
  ]),
  plainConstraints: new Set(["orders positive"]),
  plainIndexes: new Set(["orders_name"]),
};
const finding = (changes: Partial<Finding>): Finding => ({
  tag: "0002_x",
  line: 4,
  rule: "drop-column",
  what: "drops column note of orders",
  relation: "orders",
  ...changes,
});
const findingsOf = (changes: Partial<Finding>, pending = ["0002_x"]) =>
  dangers({ pending, lint: { findings: [finding(changes)] }, relations });

describe("a danger", () => {
  test("names migration, line, what, why, and what to do", () => {
    expect(findingsOf({})).toEqual([
      "0002_x, line 4: drops column note of orders: its values are lost, and the serving release uses it while the new one starts. First deploy code that does not use it; do this in a later release.",
    ]);
  });

  test("is none in an applied migration", () => expect(findingsOf({}, ["0003_y"])).toEqual([]));

  test("is none for what a pending migration creates", () => {
    expect(findingsOf({ createdIn: "0001_w" }, ["0001_w", "0002_x"])).toEqual([]);
    expect(findingsOf({ createdIn: "0001_w" })).toHaveLength(1);
    expect(findingsOf({ relation: "not_there_yet" })).toEqual([]);
  });

  test.each([
    ["on a small table", { relation: "orders" }, 0],
    ["on a table of many rows", { relation: "visits" }, 1],
    ["on a table of many bytes", { relation: "pictures" }, 1],
    ["on an unknown object", {}, 1],
  ])("is a lock %s: %j", (_where, of, count) => {
    const { relation: _, ...rest } = finding({ rule: "create-index", what: "builds index i" });
    expect(dangers({ pending: ["0002_x"], lint: { findings: [{ ...rest, ...of }] }, relations })).toHaveLength(count);
  });

  test("shows the size of the table", () => {
    expect(findingsOf({ rule: "create-index", relation: "visits" })[0]).toContain("(about 100000 rows, 1 MB)");
  });

  test("is a lost unique constraint, and not a lost CHECK", () => {
    const drop = { rule: "drop-constraint", what: "drops constraint" };
    expect(findingsOf({ ...drop, constraint: "positive" })).toEqual([]);
    expect(findingsOf({ ...drop, constraint: "orders_key" })).toHaveLength(1);
  });

  test("is a dropped unique index, and not a plain one", () => {
    const drop = { rule: "drop-unique-index", what: "drops index" };
    expect(findingsOf({ ...drop, relation: "orders_email" })).toHaveLength(1);
    expect(findingsOf({ ...drop, relation: "orders_name" })).toEqual([]);
  });

  test("is a statement that cannot be analysed", () => {
    const { relation: _, ...rest } = finding({ rule: "cannot-analyse", what: "runs EXECUTE x" });
    expect(dangers({ pending: ["0002_x"], lint: { findings: [rest] }, relations })).toHaveLength(1);
  });

  test("is a dropped type, although it is no relation", () => {
    expect(findingsOf({ rule: "drop-object", relation: "state" })).toHaveLength(1);
  });

  test("includes findings of an unknown rule", () => expect(findingsOf({ rule: "eat-table" })).toHaveLength(1));

  test("is no note", () => expect(findingsOf({ rule: "concurrent-index" })).toEqual([]));

  test("includes findings that the build could not export", () => {
    const lint = { findings: [], more: { "0002_x": 3, "0001_w": 1 } };
    expect(dangers({ pending: ["0002_x"], lint, relations })).toEqual(["0002_x: 3 more, listed in the build's log"]);
  });

  test("is none if the build exported no findings", () => {
    expect(dangers({ pending: ["0002_x"], lint: undefined, relations })).toEqual([]);
  });
});

test("a refusal reports that nothing was changed, and how to continue", () => {
  const { name, message } = destructiveMigration(Array.from({ length: 30 }, (_, index) => `danger ${index}`));
  expect(name).toBe("DestructiveMigration");
  expect(message).toContain("Nothing was changed.\n- danger 0\n");
  expect(message).toContain("- danger 19\n- and 10 more;");
  expect(message).toMatch(/Lockstep-Allow: destructive$/);
});

test("what breaks a release for good is no lock that has ended, and no loss of rows", () => {
  const rules = ["drop-column", "create-index", "truncate", "rename-column"];
  const findings = rules.map((rule) => finding({ rule, relation: "visits", what: rule }));
  const lint = { findings, more: { "0002_x": 3, "0001_w": 1 } };
  expect(dangers({ pending: ["0002_x"], lint, relations })).toHaveLength(5);
  expect(breaks({ pending: ["0002_x"], lint, relations })).toEqual([
    "0002_x, line 4: drop-column",
    "0002_x, line 4: rename-column",
    "0002_x: 3 more, listed in the build's log",
  ]);
});
