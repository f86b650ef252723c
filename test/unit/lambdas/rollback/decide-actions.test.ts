import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Action, decideActions, type StageState } from "../../../../lambdas/rollback/decide-actions.ts";

const kinds = (state: StageState) => decideActions(state).map(({ kind }) => kind);
const on = (taskDefinition: string) => [{ taskDefinition, weight: 100 }];
const failed: StageState = { awayFrom: "bad", target: "good", mustReachTarget: false, traffic: on("good") };

describe("what has to be undone", () => {
  test("is nothing if traffic never left the good release", () => {
    expect(decideActions(failed)).toEqual([]);
  });

  test("is nothing while CodeDeploy terminates green, if traffic is already back", () => {
    expect(decideActions({ ...failed, open: { id: "d-2", own: false } })).toEqual([]);
  });

  test("is the open shift, in whatever stage it is", () => {
    for (const traffic of [on("good"), [...on("good"), { taskDefinition: "bad", weight: 10 }], on("bad")]) {
      expect(decideActions({ ...failed, traffic, open: { id: "d-1", own: true } })).toEqual([
        { kind: "stop shift", id: "d-1" },
      ]);
    }
  });

  test("waits while CodeDeploy reroutes traffic by itself", () => {
    expect(kinds({ ...failed, traffic: on("bad"), open: { id: "d-2", own: false } })).toEqual(["await deployment"]);
  });

  test("deploys the good release again when blue is gone", () => {
    expect(kinds({ ...failed, traffic: on("bad") })).toEqual(["redeploy"]);
  });

  test("fails if there is no good release", () => {
    expect(kinds({ awayFrom: "bad", mustReachTarget: false, traffic: on("bad") })).toEqual(["fail"]);
  });

  test("stops the build, and waits for a migration", () => {
    expect(kinds({ ...failed, build: "shop:1" })).toEqual(["stop build"]);
    expect(kinds({ ...failed, migration: "task/1" })).toEqual(["await migration"]);
  });

  test("of a live release requires all traffic on the earlier one", () => {
    const state = { ...failed, mustReachTarget: true };
    expect(kinds({ ...state, traffic: on("other") })).toEqual(["redeploy"]);
    expect(kinds({ ...state, traffic: [] })).toEqual(["redeploy"]);
    expect(kinds(state)).toEqual([]);
  });
});

const definition = fc.constantFrom("bad", "good", "other");
const arbitraryStageState: fc.Arbitrary<StageState> = fc.record({
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
const effects: { [K in Action["kind"]]: (state: StageState) => StageState } = {
  "stop build": (state) => ({ ...state, build: undefined }),
  "await migration": (state) => ({ ...state, migration: undefined }),
  "stop shift": (state) => ({ ...state, open: { id: "d-2", own: false } }),
  "await deployment": (state) => ({ ...state, open: undefined, traffic: on(state.target ?? "other") }),
  redeploy: (state) => ({ ...state, traffic: on(state.target ?? "") }),
  fail: (state) => state,
};

/** Does what is found to be done until nothing is left, or nothing can be. */
function undo(start: StageState): { state: StageState; last: Action | undefined; rounds: number } {
  let state = start;
  for (let rounds = 0; ; rounds++) {
    const [last] = decideActions(state);
    if (!last || last.kind === "fail" || rounds === 10) return { state, last, rounds };
    state = effects[last.kind](state);
  }
}

describe("in every state", () => {
  test("the actions lead to a stage where nothing is left, or to a failure without a release to roll back to", () => {
    const ends = fc.property(arbitraryStageState, (start) => {
      const { state, last, rounds } = undo(start);
      const isHome = state.traffic.every(({ taskDefinition }) => taskDefinition !== state.awayFrom);
      return rounds < 10 && (last ? state.target === undefined : isHome);
    });
    expect(fc.check(ends, { numRuns: 2000 })).toMatchObject({ failed: false });
  });

  test("nothing is deployed while CodeDeploy is busy, and never two things at once", () => {
    const oneMove = fc.property(arbitraryStageState, (state) => {
      const moves = kinds(state).filter((kind) => ["stop shift", "await deployment", "redeploy"].includes(kind));
      return moves.length <= 1 && !(state.open && moves.includes("redeploy"));
    });
    expect(fc.check(oneMove)).toMatchObject({ failed: false });
  });
});
