import { expect, test } from "vitest";
import { costOf } from "../../../../../cli/stage/receipt/cost.ts";
import { buildPrices } from "../../../../../cli/stage/receipt/prices.ts";

test("the cost is the sum of what was metered, each at its price and with its source", () => {
  const price = buildPrices.BUILD_GENERAL1_SMALL;
  const cost = costOf({
    stateTransitions: 40,
    build: price && { minutes: 3, price },
    functions: { invocations: 20, gigabyteSeconds: 30 },
    taskTimes: [
      { name: "Blue and green together", seconds: 1800, tasks: 2, cpu: 512, memoryMb: 1024 },
      { name: "Migration task", seconds: 5, tasks: 1, cpu: 512, memoryMb: 1024 },
    ],
    snapshotGigabytes: 20,
    notMetered: ["the build: denied"],
  });
  const dollars = Object.fromEntries(cost.items.map((item) => [item.name, Number(item.dollars.toFixed(6))]));
  expect(dollars).toEqual({
    "State transitions": 0.001, // 40 × $0.025 / 1,000
    Build: 0.015,
    Functions: 0.0004,
    "Invocations of functions": 0.000004,
    "Blue and green together: CPU": 0.02024, // half an hour of 2 × 0.5 vCPU
    "Blue and green together: memory": 0.004445,
    "Migration task: CPU": 0.000337, // a minute at least
    "Migration task: memory": 0.000074,
  });
  expect(cost.dollars).toBeCloseTo(0.0415, 4);
  expect(cost.monthly).toMatchObject([{ name: "Snapshot, at most", quantity: 20, dollars: 1.9 }]);
  expect(cost.notMetered[0]).toBe("the build: denied");
  for (const { source } of [...cost.items, ...cost.monthly]) expect(source).toMatch(/^https:\/\/aws\.amazon\.com\//);
});

test("what was not read costs nothing, and is not listed as metered", () => {
  const cost = costOf({
    stateTransitions: 4,
    build: undefined,
    functions: undefined,
    taskTimes: [],
    snapshotGigabytes: undefined,
    notMetered: [],
  });
  expect(cost.items.map(({ name }) => name)).toEqual(["State transitions"]);
  expect(cost.monthly).toEqual([]);
});
