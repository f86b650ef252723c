import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decideReplacement, type RunningTask } from "../../../../lambdas/restore/decide-replacement.ts";

const swappedAt = new Date("2026-01-01T12:00:00Z");
const at = (seconds: number) => new Date(swappedAt.getTime() + seconds * 1000);
const task = (arn: string, seconds: number, isRunning = true): RunningTask => ({
  arn,
  createdAt: at(seconds),
  isRunning,
});
const decide = (tasks: RunningTask[], steady: boolean, desiredCount = 2) =>
  decideReplacement({ tasks, steady, desiredCount, swappedAt });

describe("the next task to replace", () => {
  test("is the oldest from before the swap", () => {
    expect(decide([task("b", -5), task("a", -9)], true)).toEqual({ kind: "stop", task: "a" });
  });

  test("is one from before the swap even if none is healthy", () => {
    expect(decide([task("b", -5), task("a", -9)], false)).toEqual({ kind: "stop", task: "a" });
  });

  test("waits until the replacement of the previous one is running and healthy", () => {
    expect(decide([task("b", -5), task("new", 3, false)], false).kind).toBe("wait");
    expect(decide([task("b", -5), task("new", 3)], false).kind).toBe("wait");
    expect(decide([task("b", -5), task("new", 3)], true)).toEqual({ kind: "stop", task: "b" });
  });

  test("is none when all are new and healthy", () => {
    expect(decide([task("c", 1), task("d", 2)], true)).toEqual({ kind: "done" });
    expect(decide([task("c", 1), task("d", 2)], false).kind).toBe("wait");
  });

  test("stops each old task once, and never leaves more than one missing", () => {
    const holds = fc.property(fc.integer({ min: 1, max: 10 }), (desiredCount) => {
      let tasks = Array.from({ length: desiredCount }, (_, index) => task(`old-${index}`, -100 + index));
      let stops = 0;
      for (let turn = 1; turn < 100; turn++) {
        const next = decide(tasks, tasks.length === desiredCount, desiredCount);
        if (next.kind === "done") break;
        if (next.kind === "stop") {
          tasks = tasks.filter(({ arn }) => arn !== next.task);
          stops++;
        } else tasks = [...tasks, task(`new-${turn}`, turn)];
        expect(tasks.length).toBeGreaterThanOrEqual(desiredCount - 1);
      }
      expect(stops).toBe(desiredCount);
      expect(tasks.every(({ createdAt }) => createdAt > swappedAt)).toBe(true);
    });
    fc.assert(holds);
  });
});
