import * as fc from "fast-check";
import { expect, test } from "vitest";
import { weightedChoice } from "#local/services/elastic-load-balancing-v2/proxy/weighted-choice.ts";

const weights = fc.array(fc.integer({ min: 0, max: 999 }), { minLength: 1, maxLength: 5 });

const tally = (choices: (string | undefined)[]) =>
  Map.groupBy(choices, (choice) => choice)
    .entries()
    .map(([name, all]) => [name, all.length] as const);

test("chooses every item exactly as often as its weight in every round", () => {
  const everyRound = fc.property(weights, (input) => {
    const items = input.map((weight, index) => ({ weight, name: `item ${index}` }));
    const total = input.reduce((sum, weight) => sum + weight, 0);
    const choose = weightedChoice(items);
    for (let round = 0; round < 2; round += 1) {
      const counted = new Map(tally(Array.from({ length: total }, () => choose()?.name)));
      for (const { name, weight } of items) expect(counted.get(name) ?? 0).toBe(weight);
    }
  });
  fc.assert(everyRound);
});

test("is never more than one choice per item away from its share", () => {
  const anyLength = fc.property(weights, fc.nat(2000), (input, length) => {
    const items = input.map((weight, index) => ({ weight, index }));
    const total = input.reduce((sum, weight) => sum + weight, 0);
    fc.pre(total > 0);
    const choose = weightedChoice(items);
    const counts = input.map(() => 0);
    for (let choice = 1; choice <= length; choice += 1) {
      const index = choose()?.index ?? 0;
      counts[index] = (counts[index] ?? 0) + 1;
    }
    for (const { weight, index } of items)
      expect(Math.abs((counts[index] ?? 0) - (length * weight) / total)).toBeLessThan(input.length);
  });
  fc.assert(anyLength);
});

test("chooses nothing when no weight is above zero", () => {
  expect(weightedChoice([{ weight: 0 }, { weight: 0 }])()).toBeUndefined();
  expect(weightedChoice([])()).toBeUndefined();
});

test("spreads a small share evenly", () => {
  const choose = weightedChoice([
    { weight: 90, name: "blue" },
    { weight: 10, name: "green" },
  ]);
  const greens = Array.from({ length: 100 }, (_, index) => (choose()?.name === "green" ? [index] : [])).flat();
  const gaps = greens.slice(1).map((each, index) => each - (greens[index] ?? 0));
  expect(greens).toHaveLength(10);
  expect(new Set(gaps)).toEqual(new Set([10]));
});
