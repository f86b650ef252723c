import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Migration } from "../../../../../lambdas/core/record.ts";
import type { LedgerRow, ReleaseMigrations } from "../../../../../lambdas/release/ledgers/ledger.ts";
import { openLedger } from "../../../../../lambdas/release/ledgers/open-ledger.ts";

const digits = (content: string) => content.repeat(64).slice(0, 64);
const migration = (tag: string, when: number, content = "a"): Migration => ({
  tag,
  when,
  hash: digits(content).slice(0, 16),
});
const row = (when: number | undefined, content = "a", name?: string): LedgerRow => ({
  hash: digits(content),
  when,
  name,
});
const folder = (tag: string, content = "a") => {
  const when = Date.UTC(2026, 0, Number(tag.slice(6, 8)), 12);
  return { ...migration(tag, when, content), when, byName: true };
};
const ledgerOfDrizzle = openLedger({ tool: "drizzle", table: "drizzle.__drizzle_migrations", command: [] });
const compareAll = (migrations: readonly Migration[], rows: readonly LedgerRow[], rest?: Partial<ReleaseMigrations>) =>
  ledgerOfDrizzle.compare({ migrations, migrationCount: migrations.length, ...rest }, { rows });

function tags(migrations: readonly Migration[], ledger: readonly LedgerRow[]) {
  const { pending, problem, edited } = compareAll(migrations, ledger);
  const tagOf = ({ tag }: Migration) => tag;
  return { pending: pending.map(tagOf), skipped: namesIn(problem?.what), edited: edited.map(tagOf) };
}

const namesIn = (what = "") => /^Drizzle would skip (.*)\.$/.exec(what)?.[1]?.split(", ") ?? [];

const none = { pending: [], skipped: [], edited: [] };
const [a, b, c] = [migration("a", 100), migration("b", 200), migration("c", 300)];

describe("migrations with a journal", () => {
  test.each<[string, readonly Migration[], readonly LedgerRow[], object]>([
    ["are all pending in an empty database", [a, b], [], { pending: ["a", "b"] }],
    ["are pending if later than the newest applied one", [a, b, c], [row(100)], { pending: ["b", "c"] }],
    ["are applied if the database is ahead", [a, b], [row(100), row(200), row(300)], {}],
    ["are skipped if they precede the first recorded one", [a, b, c], [row(200)], { pending: ["c"], skipped: ["a"] }],
    ["are skipped between two applied ones", [a, b, c], [row(100), row(300)], { skipped: ["b"] }],
    [
      "are skipped if older than all applied ones but listed after them",
      [b, c, a],
      [row(200), row(300)],
      { skipped: ["a"] },
    ],
    ["are skipped if older than all applied ones, none of which is listed", [a], [row(200)], { skipped: ["a"] }],
    ["are skipped at the time of an applied one", [a, { ...b, when: 100, hash: "b" }], [row(100)], { skipped: ["b"] }],
    [
      "are skipped at the time of an applied one listed later",
      [{ ...a, when: 200, hash: "x" }, b],
      [row(200)],
      { skipped: ["a"] },
    ],
    ["are applied if there are as many rows of their time", [a, { ...b, when: 100 }], [row(100), row(100)], {}],
    [
      "without hashes are matched in their order",
      [
        { tag: "a", when: 1 },
        { tag: "b", when: 1 },
      ],
      [row(1)],
      { skipped: ["b"] },
    ],
    ["are edited if the recorded hash differs", [a, b], [row(100), row(200, "b")], { edited: ["b"] }],
    ["are not edited if the hash was recorded by hand", [a], [{ ...row(100), hash: "baseline" }], {}],
    ["are pending after a row without a time", [a], [row(undefined)], { pending: ["a"] }],
  ])("%s", (_what, ...[migrations, ledger, expected]) => {
    expect(tags(migrations, ledger)).toEqual({ ...none, ...expected });
  });

  test("are skipped at the time of another pending one, which drizzle applies only in the same run", () => {
    const twin = { ...c, tag: "twin" };
    expect(compareAll([a, c, twin], [row(100)])).toMatchObject({
      pending: [c, twin],
      problem: { what: "Drizzle would skip twin.", details: ["twin has the same time as c (when: 300)"] },
    });
  });

  test.each([
    [
      "is older than the newest applied one",
      200,
      "b is older (when: 200) than the newest applied migration (1700000000000)",
    ],
    ["is dated in seconds", 1_800_000_000, "(when: 1800000000, which is in seconds instead of milliseconds)"],
    ["has the time of an applied one", 100, "b has the same time as a (when: 100)"],
  ])("are skipped with the reason: one %s", (_why, when, reason) => {
    const { problem } = compareAll(
      [a, { ...b, when, hash: digits("b").slice(0, 16) }],
      [row(100), row(1_700_000_000_000)],
    );
    expect(problem?.what).toBe("Drizzle would skip b.");
    expect(problem?.details).toEqual([expect.stringContaining(reason)]);
    expect(problem?.fix).toContain("drizzle-kit generate");
  });

  test("that a merge renumbered before the first applied one are skipped", () => {
    const { problem, missing } = compareAll([migration("0000_late", 100), migration("0001_first", 200)], [row(200)]);
    expect(problem?.details).toEqual(["0000_late is older (when: 100) than the newest applied migration (200)"]);
    expect(missing.map(({ tag }) => tag)).toEqual(["0000_late"]);
  });

  test("that a merge gave the time of an applied one, which it replaces, are skipped", () => {
    const theirs = migration("0001_theirs", 200, "b");
    const previous = [a, migration("0001_ours", 200)];
    expect(compareAll([a, theirs], [row(100), row(200)], { previous })).toMatchObject({
      missing: [theirs],
      edited: [],
      problem: { details: ["0001_theirs has the same time as 0001_ours (when: 200)"] },
    });
    const edited = compareAll([a, { ...theirs, tag: "0001_ours" }], [row(100), row(200)], { previous });
    expect(edited).toMatchObject({ missing: [], edited: [{ tag: "0001_ours" }], problem: undefined });
  });

  test("are skipped before those that the build lists, if there are fewer rows than migrations", () => {
    expect(compareAll([b, c], [row(200), row(300)], { migrationCount: 3 }).problem).toMatchObject({
      what: "Drizzle would skip 1 of the migrations before the newest 2.",
    });
    expect(compareAll([b, c], [row(100), row(200)], { migrationCount: 3 })).toMatchObject({
      problem: undefined,
      pendingCount: 1,
    });
  });

  test("are all pending in an empty database, also those that the build does not list", () => {
    expect(compareAll([b, c], [], { migrationCount: 50 })).toMatchObject({ problem: undefined, pendingCount: 50 });
  });

  test("are applied by drizzle 0.x exactly if they are pending", () => {
    const times = fc.array(fc.nat(20), { maxLength: 8 });
    const holds = fc.property(fc.uniqueArray(fc.nat(20)), times, (whens, recorded) => {
      const ledger = recorded.map((when) => row(when));
      const { pending } = compareAll(
        whens.map((when) => migration(String(when), when)),
        ledger,
      );
      const newest = Math.max(-1, ...recorded);
      return whens.every((when) => pending.some((one) => one.when === when) === when > newest);
    });
    expect(fc.check(holds)).toMatchObject({ failed: false });
  });
});

describe("migrations in folders", () => {
  const [first, second] = [folder("20260101120000_a"), folder("20260102120000_b", "b")];

  test.each<[string, readonly Migration[], readonly LedgerRow[], object]>([
    [
      "are pending if no row has their name, whatever their time",
      [first, second],
      [row(second.when, "b", second.tag)],
      { pending: [first.tag] },
    ],
    ["are applied if a row has their name", [first], [row(1, "a", first.tag)], {}],
    ["are edited if the recorded hash differs", [first], [row(first.when, "c", first.tag)], { edited: [first.tag] }],
    [
      "are applied if an earlier version recorded their second",
      [first, second],
      [row(first.when + 999)],
      { pending: [second.tag] },
    ],
    ["are applied if an earlier version recorded their hash", [first, second], [row(5, "b")], { pending: [first.tag] }],
    [
      "are pending at the second of a row with another name",
      [first],
      [row(first.when, "a", "20260101120000_c")],
      { pending: [first.tag] },
    ],
  ])("%s", (_what, ...[migrations, ledger, expected]) => {
    expect(tags(migrations, ledger)).toEqual({ ...none, ...expected });
  });
});
