import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decideDeregistration,
  decideImagePruning,
  decidePruning,
  type ListedSnapshot,
} from "../../../../../lambdas/events/prune/decide-pruning.ts";

const now = new Date("2026-06-01T00:00:00Z");
const daysAgo = (days: number) => new Date(now.getTime() - days * 86_400_000);
const snapshot = (id: string, days: number, change: Partial<ListedSnapshot> = {}): ListedSnapshot => ({
  id,
  status: "available",
  takenAt: daysAgo(days),
  ours: true,
  ...change,
});
const prune = (snapshots: ListedSnapshot[], needed: string[] = [], policy = { keep: 1, days: 7 }) =>
  decidePruning(snapshots, { needed: new Set(needed), now, policy });

describe("snapshots to delete", () => {
  test("are old ones beyond those to keep", () => {
    expect(prune([snapshot("young", 1), snapshot("old", 8), snapshot("older", 9)])).toEqual(["old", "older"]);
  });

  test("are none as long as there are no more than to keep, however old", () => {
    expect(prune([snapshot("ancient", 4000)])).toEqual([]);
  });

  test.each([
    ["needed", {}, ["x"]],
    ["being created", { status: "creating" }, []],
    ["not ours", { ours: false }, []],
  ])("are never one that is %s", (_story, change, needed) => {
    expect(prune([snapshot("new", 1), snapshot("x", 900, change)], needed)).toEqual([]);
  });

  test("are failed ones too, which do not count among those to keep", () => {
    expect(prune([snapshot("broken", 9, { status: "failed" }), snapshot("good", 10)])).toEqual(["broken"]);
  });

  const snapshots = fc.record({
    id: fc.uuid(),
    status: fc.constantFrom("available", "creating", "failed", "deleting"),
    takenAt: fc.integer({ min: 0, max: 400 }).map(daysAgo),
    ours: fc.boolean(),
  });
  const inputs = fc.record({
    snapshots: fc.uniqueArray(snapshots, { selector: ({ id }) => id, maxLength: 40 }),
    keep: fc.integer({ min: 1, max: 20 }),
    days: fc.integer({ min: 1, max: 60 }),
    need: fc.func(fc.boolean()),
  });

  test("exclude the newest, the young, the needed and others', and nothing else", () => {
    const holds = fc.property(inputs, ({ snapshots, keep, days, need }) => {
      const needed = new Set(snapshots.filter(({ id }) => need(id)).map(({ id }) => id));
      const deleted = new Set(decidePruning(snapshots, { needed, now, policy: { keep, days } }));
      const good = snapshots.filter(({ ours, status }) => ours && status === "available");
      const left = good.filter(({ id }) => !deleted.has(id));
      expect(left.length).toBeGreaterThanOrEqual(Math.min(keep, good.length));
      const mayGo = ({ id, ours, status, takenAt }: ListedSnapshot) =>
        ours && ["available", "failed"].includes(status) && !needed.has(id) && takenAt < daysAgo(days);
      const isAmongNewest = ({ takenAt }: ListedSnapshot) =>
        good.filter((other) => other.takenAt > takenAt).length < keep;
      const wrong = snapshots.filter((each) =>
        deleted.has(each.id) ? !mayGo(each) : mayGo(each) && !(each.status === "available" && isAmongNewest(each)),
      );
      expect(wrong).toEqual([]);
    });
    fc.assert(holds);
  });

  test("are all deleted in one run: a second deletes nothing", () => {
    const holds = fc.property(inputs, ({ snapshots, keep, days, need }) => {
      const options = { needed: new Set(snapshots.filter(({ id }) => need(id)).map(({ id }) => id)), now };
      const policy = { keep, days };
      const deleted = new Set(decidePruning(snapshots, { ...options, policy }));
      const left = snapshots.filter(({ id }) => !deleted.has(id));
      expect(decidePruning(left, { ...options, policy })).toEqual([]);
    });
    fc.assert(holds);
  });
});

describe("task definitions to deregister", () => {
  const definition = (arn: string, deployment: string | undefined, days = 30) => ({
    arn,
    deployment,
    registeredAt: daysAgo(days),
  });
  test("are those of deployments that are not needed, not in use, not of today", () => {
    const definitions = [
      definition("over", "d1"),
      definition("needed", "d2"),
      definition("used", "d1"),
      definition("today", "d1", 0.5),
      definition("foreign", undefined),
    ];
    const options = { needed: new Set(["d2"]), inUse: new Set(["used"]), now };
    expect(decideDeregistration(definitions, options)).toEqual(["over"]);
  });
});

describe("images to delete", () => {
  test("are old ones that are not needed, without what is attached to an image", () => {
    const image = (digest: string, days = 30, subject?: string) => ({ digest, subject, usedAt: daysAgo(days) });
    const images = [image("over"), image("needed"), image("young", 6), image("signature", 30, "needed")];
    expect(decideImagePruning(images, { needed: new Set(["needed"]), now, days: 7 })).toEqual(["over"]);
  });
});
