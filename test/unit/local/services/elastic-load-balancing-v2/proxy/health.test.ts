import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  codeMatcher,
  initialHealth,
  nextHealth,
  type CheckResult,
} from "#local/services/elastic-load-balancing-v2/proxy/health.ts";

const success: CheckResult = { ok: true };
const failure: CheckResult = { ok: false, reason: "Target.Timeout", description: "Request timed out" };
const threshold = fc.integer({ min: 2, max: 10 });
const results = fc.array(fc.boolean(), { maxLength: 60 });
const asResult = (ok: boolean) => (ok ? success : failure);

type Thresholds = Parameters<typeof nextHealth>[2];

/** The same rule, computed from all results. */
function expected(history: boolean[], { healthyThreshold, unhealthyThreshold }: Thresholds): string {
  let status = "initial";
  let since = 0;
  history.forEach((ok, index) => {
    const run = history.slice(since, index + 1);
    const streak = run.length - 1 - run.lastIndexOf(!ok);
    const needed = ok ? (status === "initial" ? 1 : healthyThreshold) : unhealthyThreshold;
    const next = ok ? "healthy" : "unhealthy";
    if (next !== status && streak >= needed) {
      status = next;
      since = index + 1;
    }
  });
  return status;
}

describe("the health of a target", () => {
  test("changes after the threshold of consecutive results", () => {
    const anyHistory = fc.property(results, threshold, threshold, (history, healthyThreshold, unhealthyThreshold) => {
      const thresholds = { healthyThreshold, unhealthyThreshold };
      const health = history.reduce((before, ok) => nextHealth(before, asResult(ok), thresholds), initialHealth);
      expect(health.status).toBe(expected(history, thresholds));
    });
    fc.assert(anyHistory, { numRuns: 1000 });
  });

  test("is healthy after the first success of a new target", () => {
    const thresholds = { healthyThreshold: 5, unhealthyThreshold: 2 };
    expect(nextHealth(initialHealth, success, thresholds)).toEqual({ status: "healthy", streak: 0 });
  });

  test("has the reason of the last failed check", () => {
    const thresholds = { healthyThreshold: 2, unhealthyThreshold: 2 };
    const unhealthy = [failure, failure].reduce(
      (before, result) => nextHealth(before, result, thresholds),
      initialHealth,
    );
    expect(unhealthy).toMatchObject({
      status: "unhealthy",
      reason: "Target.Timeout",
      description: "Request timed out",
    });
    const mismatch: CheckResult = { ok: false, reason: "Target.ResponseCodeMismatch", description: "[500]" };
    expect(nextHealth(unhealthy, mismatch, thresholds)).toMatchObject({ reason: "Target.ResponseCodeMismatch" });
  });
});

describe("a matcher", () => {
  test.each([
    ["200", [200], [199, 201, 500]],
    ["200,202", [200, 202], [201]],
    ["200-299,404", [200, 250, 299, 404], [300, 403]],
  ])("%s", (matcher, matching, others) => {
    const matches = codeMatcher(matcher);
    expect(matching.filter((code) => !matches(code))).toEqual([]);
    expect(others.filter((code) => matches(code))).toEqual([]);
  });
});
