import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Migration } from "../../../../lambdas/core/record.ts";
import { compareLedger, type LedgerRow } from "../../../../lambdas/release/migration-ledger.ts";

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
const folder = (tag: string, content = "a"): Migration => ({
  ...migration(tag, Date.UTC(2026, 0, Number(tag.slice(6, 8)), 12), content),
  byName: true,
});

function tags(migrations: readonly Migration[], ledger: readonly LedgerRow[]) {
  const { pending, skipped, edited } = compareLedger(migrations, ledger);
  const tagOf = ({ tag }: Migration) => tag;
  return {
    pending: pending.map(tagOf),
    skipped: skipped.map(({ migration }) => migration.tag),
    edited: edited.map(tagOf),
  };
}

const none = { pending: [], skipped: [], edited: [] };
const [a, b, c] = [migration("a", 100), migration("b", 200), migration("c", 300)];

describe("migrations with a journal", () => {
  test.each<[string, readonly Migration[], readonly LedgerRow[], object]>([
    ["are all pending in an empty database", [a, b], [], { pending: ["a", "b"] }],
    ["are pending if later than the newest applied one", [a, b, c], [row(100)], { pending: ["b", "c"] }],
    ["are applied if the database is ahead", [a, b], [row(100), row(200), row(300)], {}],
    ["are applied if they precede the first recorded one", [a, b, c], [row(200)], { pending: ["c"] }],
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
    expect(compareLedger([a, c, twin], [row(100)])).toMatchObject({
      pending: [c, twin],
      skipped: [{ migration: twin, sameAs: c }],
    });
  });

  test("are applied by drizzle 0.x exactly if they are pending", () => {
    const times = fc.array(fc.nat(20), { maxLength: 8 });
    const holds = fc.property(fc.uniqueArray(fc.nat(20)), times, (whens, recorded) => {
      const ledger = recorded.map((when) => row(when));
      const { pending } = compareLedger(
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
