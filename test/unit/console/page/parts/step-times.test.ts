import { describe, expect, it } from "vitest";
import { compareToMedian, gapBefore, idleSeconds, secondsOf } from "../../../../../console/page/parts/step-times.ts";
import type { StepAttempt } from "../../../../../console/server/queries/steps.ts";

const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 12, minute)).toISOString();
const attempt = (from: number, to: number | null): StepAttempt => ({
  redrive: 0,
  startedAt: at(from),
  endedAt: to === null ? null : at(to),
  status: "failed",
  error: null,
  cause: null,
  calls: 1,
  input: null,
  output: null,
});

const build = { name: "Build", attempts: [attempt(1, 3), attempt(63, 66)] };

describe("the times of a deployment", () => {
  it("count a step that runs until now", () => {
    expect(secondsOf(attempt(1, null), Date.parse(at(2)))).toBe(60);
  });

  it("leave out the time between a failure and its redrive, in which nothing ran", () => {
    const steps = [{ name: "Acquire lock", attempts: [attempt(0, 1)] }, build];
    expect(idleSeconds({ steps, redrivenAt: [at(63)] })).toBe(3600);
    expect(idleSeconds({ steps, redrivenAt: [] })).toBe(0);
  });

  it("show a gap only between attempts that do not follow at once", () => {
    expect(gapBefore(build, 0)).toBeUndefined();
    expect(gapBefore(build, 1)).toBe(3600);
    expect(gapBefore({ attempts: [attempt(1, 3), attempt(3, 4)] }, 1)).toBeUndefined();
  });

  it("are slower or faster than the median only by more than seconds", () => {
    expect(compareToMedian(3, 1)).toBe("usual");
    expect(compareToMedian(60, 30)).toBe("slower");
    expect(compareToMedian(10, 30)).toBe("faster");
    expect(compareToMedian(10, undefined)).toBeUndefined();
  });
});
