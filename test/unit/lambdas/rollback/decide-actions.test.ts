import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Action, assess, type Facts } from "../../../../lambdas/rollback/decide-actions.ts";

const kinds = (facts: Facts) => assess(facts).map(({ kind }) => kind);
const on = (taskDefinition: string) => [{ taskDefinition, weight: 100 }];
const failed: Facts = { awayFrom: "bad", target: "good", mustReachTarget: false, traffic: on("good") };

describe("what has to be undone", () => {
  test("is nothing when traffic never left the good release", () => {
    expect(assess(failed)).toEqual([]);
  });

  test("is nothing while CodeDeploy still removes green, when traffic is back already", () => {
    expect(assess({ ...failed, open: { id: "d-2", own: false } })).toEqual([]);
  });

  test("is the open shift, in whatever stage it is", () => {
    for (const traffic of [on("good"), [...on("good"), { taskDefinition: "bad", weight: 10 }], on("bad")]) {
      expect(assess({ ...failed, traffic, open: { id: "d-1", own: true } })).toEqual([
        { kind: "stop shift", id: "d-1" },
      ]);
    }
  });

  test("waits for what CodeDeploy takes back by itself", () => {
    expect(kinds({ ...failed, traffic: on("bad"), open: { id: "d-2", own: false } })).toEqual(["await deployment"]);
  });

  test("deploys the good release again when blue is gone", () => {
    expect(kinds({ ...failed, traffic: on("bad") })).toEqual(["redeploy"]);
  });

  test("is given up when there is no good release", () => {
    expect(kinds({ awayFrom: "bad", mustReachTarget: false, traffic: on("bad") })).toEqual(["give up"]);
  });

  test("ends the build, and lets a migration end", () => {
    expect(kinds({ ...failed, build: "shop:1" })).toEqual(["stop build"]);
    expect(kinds({ ...failed, migration: "task/1" })).toEqual(["await migration"]);
  });

  test("of a release that was live is all traffic, not only none on it", () => {
    const facts = { ...failed, mustReachTarget: true };
    expect(kinds({ ...facts, traffic: on("other") })).toEqual(["redeploy"]);
    expect(kinds({ ...facts, traffic: [] })).toEqual(["redeploy"]);
    expect(kinds(facts)).toEqual([]);
  });
});

const definition = fc.constantFrom("bad", "good", "other");
const arbitraryFacts: fc.Arbitrary<Facts> = fc.record({
  awayFrom: fc.option(fc.constant("bad"), { nil: undefined }),
  target: fc.option(fc.constant("good"), { nil: undefined }),
  mustReachTarget: fc.boolean(),
  traffic: fc.array(fc.record({ taskDefinition: definition, weight: fc.integer({ min: 1, max: 100 }) }), {
    maxLength: 2,
  }),
  open: fc.option(fc.record({ id: fc.constant("d-1"), own: fc.boolean() }), { nil: undefined }),
  build: fc.option(fc.constant("shop:1"), { nil: undefined }),
  migration: fc.option(fc.constant("task/1"), { nil: undefined }),
});

/** What AWS makes of an action. */
const effects: { [K in Action["kind"]]: (facts: Facts) => Facts } = {
  "stop build": (facts) => ({ ...facts, build: undefined }),
  "await migration": (facts) => ({ ...facts, migration: undefined }),
  "stop shift": (facts) => ({ ...facts, open: { id: "d-2", own: false } }),
  "await deployment": (facts) => ({ ...facts, open: undefined, traffic: on(facts.target ?? "other") }),
  redeploy: (facts) => ({ ...facts, traffic: on(facts.target ?? "") }),
  "give up": (facts) => facts,
};

/** Does what is found to be done until nothing is left, or nothing can be. */
function undo(start: Facts): { facts: Facts; last: Action | undefined; rounds: number } {
  let facts = start;
  for (let rounds = 0; ; rounds++) {
    const [last] = assess(facts);
    if (!last || last.kind === "give up" || rounds === 10) return { facts, last, rounds };
    facts = effects[last.kind](facts);
  }
}

describe("whatever is true", () => {
  test("the actions lead to a stage where nothing is left, or to giving up with no release to go to", () => {
    const ends = fc.property(arbitraryFacts, (start) => {
      const { facts, last, rounds } = undo(start);
      const isHome = facts.traffic.every(({ taskDefinition }) => taskDefinition !== facts.awayFrom);
      return rounds < 10 && (last ? facts.target === undefined : isHome);
    });
    expect(fc.check(ends, { numRuns: 2000 })).toMatchObject({ failed: false });
  });

  test("nothing is deployed while CodeDeploy is busy, and never two things at once", () => {
    const oneMove = fc.property(arbitraryFacts, (facts) => {
      const moves = kinds(facts).filter((kind) => ["stop shift", "await deployment", "redeploy"].includes(kind));
      return moves.length <= 1 && !(facts.open && moves.includes("redeploy"));
    });
    expect(fc.check(oneMove)).toMatchObject({ failed: false });
  });
});
