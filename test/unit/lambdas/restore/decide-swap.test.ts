import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decideSwap, type ObservedInstance } from "../../../../lambdas/restore/decide-swap.ts";

type Name = "live" | "restored" | "before";
type World = Partial<Record<Name, ObservedInstance>>;
const old: ObservedInstance = { status: "available", ours: false };
const ours: ObservedInstance = { status: "available", ours: true };
const start: World = { live: old, restored: ours };

describe("the next step of a swap", () => {
  test.each<[string, World, string]>([
    ["puts the live one aside first", start, "put-aside"],
    ["then gives the restored one its name", { restored: ours, before: old }, "put-in-place"],
    ["is done when the restored one is live", { live: ours, before: old }, "done"],
    ["waits for an instance that is being renamed", { live: { ...ours, status: "renaming" }, before: old }, "wait"],
    ["waits for the live one to be available", { ...start, live: { ...old, status: "backing-up" } }, "wait"],
    ["waits while the live one is between two names", { restored: ours }, "wait"],
    ["refuses a name that somebody else took meanwhile", { live: old, restored: ours, before: old }, "refuse"],
    ["refuses an instance of another restore", { live: old, restored: old }, "refuse"],
  ])("%s", (_story, world, kind) => {
    expect(decideSwap(world).kind).toBe(kind);
  });

  /** A rename as RDS does it: requested, then in progress for a while, in which RDS may report the instance under neither name. */
  function rename(world: World, from: Name, to: Name): World[] {
    const { [from]: instance, ...rest } = world;
    if (!instance || world[to]) throw new Error(`RDS refuses to rename ${from} to ${to}`);
    const under = { ...instance, status: "renaming" };
    return [{ ...rest, [from]: under }, rest, { ...rest, [to]: under }, { ...rest, [to]: instance }];
  }

  test("ends with the restored one live and the old one kept, whatever it observes in between and however often", () => {
    const holds = fc.property(fc.array(fc.nat(3), { minLength: 200, maxLength: 200 }), (looks) => {
      const actions: string[] = [];
      let moments: World[] = [start];
      for (const skip of looks) {
        moments = moments.slice(Math.min(skip, moments.length - 1));
        const [world = {}] = moments;
        const next = decideSwap(world);
        if (next.kind === "done") break;
        if (next.kind === "put-aside") moments = rename(world, "live", "before");
        if (next.kind === "put-in-place") moments = rename(world, "restored", "live");
        if (next.kind !== "wait") actions.push(next.kind);
      }
      const [end] = moments.slice(-1);
      expect(actions).toEqual(["put-aside", "put-in-place"]);
      // The old one may still be on its way to its new name: that does not keep production waiting.
      expect(end).toMatchObject({ live: ours, before: { ours: false } });
    });
    fc.assert(holds);
  });
});
