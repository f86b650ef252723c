import { describe, expect, it } from "vitest";
import { merge, statisticOf, type Summary } from "#local/services/cloudwatch/statistics.ts";

const of = (...values: number[]): Summary =>
  values
    .map((value): Summary => ({ sum: value, count: 1, min: value, max: value, values: [[value, 1]] }))
    .reduce(merge);
const hundred = of(...Array.from({ length: 100 }, (_, index) => index + 1));

describe("statistics", () => {
  it.each([
    ["Sum", 5050],
    ["Average", 50.5],
    ["Minimum", 1],
    ["Maximum", 100],
    ["SampleCount", 100],
    ["p50", 50],
    ["p95", 95],
    ["p99.5", 100],
    ["p100", 100],
  ])("%s of 1 to 100 is %d", (name, value) => expect(statisticOf(name)?.(hundred)).toBe(value));

  it("counts each value as often as it came", () => {
    const slow: Summary = {
      sum: 28,
      count: 20,
      min: 1,
      max: 5,
      values: [
        [1, 18],
        [5, 2],
      ],
    };
    expect(statisticOf("p90")?.(slow)).toBe(1);
    expect(statisticOf("p95")?.(slow)).toBe(5);
  });

  it("returns no percentile of statistic sets, which have no single values", () => {
    const set: Summary = { sum: 10, count: 4, min: 1, max: 5 };
    expect(statisticOf("p95")?.(set)).toBeUndefined();
    expect(statisticOf("p95")?.(merge(set, hundred))).toBeUndefined();
    expect(statisticOf("Average")?.(set)).toBe(2.5);
  });

  it("stays small whatever comes, and near the truth", () => {
    const many = of(...Array.from({ length: 3000 }, (_, index) => index + 1));
    expect(many.values?.length).toBeLessThan(600);
    expect(statisticOf("p95")?.(many)).toBeGreaterThan(2700);
    expect(statisticOf("p95")?.(many)).toBeLessThan(3000);
  });

  it.each(["tm90", "IQM", "p", "p101", "average"])("does not know %s", (name) =>
    expect(statisticOf(name)).toBeUndefined(),
  );
});
