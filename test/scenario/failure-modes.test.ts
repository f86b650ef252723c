import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { burst } from "../matrix/bursts.ts";
import type { Case } from "../matrix/case.ts";
import { cases } from "../matrix/cases/index.ts";
import { judge } from "../matrix/judge.ts";
import { World } from "../matrix/world.ts";

/** Those of `npm run matrix` that go furthest, without the redrives that fail alike; each is seen from outside, under load. */
const chosen = [
  "the cloud is killed (kill -9)",
  "users get errors from the canary",
  "the probe of production fails",
  "an alarm rings after the bake",
  "the release before cannot be deployed again",
];
const shortened = ({ redrive, ...one }: Case): Case => (redrive?.status === "succeeded" ? { ...one, redrive } : one);
let world: World;

beforeAll(async () => {
  world = await World.start(60);
}, 240_000);

afterAll(async () => {
  await world?.remove();
}, 60_000);

describe("what goes wrong is put right", () => {
  it.each(cases.filter(({ what }) => chosen.includes(what)).map(shortened))(
    "when $what at $where",
    async (one) => {
      const { problems } = await judge(world, one);
      expect(problems).toEqual([]);
      await one.afterwards?.(world);
      await world.carryOn();
    },
    240_000,
  );
});

describe("ten pushes at once", () => {
  it("all have a fate, and the newest is live", async () => {
    expect(await burst(world, 10)).not.toHaveProperty("problem");
  }, 240_000);
});
