import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { burst } from "../matrix/bursts.ts";
import type { Case } from "../matrix/case.ts";
import { cases } from "../matrix/cases/index.ts";
import { runCase } from "../matrix/run-case.ts";
import { World } from "../matrix/world.ts";
import { allScenarios } from "../support/all-scenarios.ts";

/** Cases of `npm run matrix` that no other scenario covers, without the redrives that fail again. */
const chosen = [
  "an alarm goes off after the bake",
  ...(allScenarios ? ["the control plane is killed (kill -9)", "the previous release cannot be redeployed"] : []),
];
const shortened = ({ redrive, ...rest }: Case): Case => (redrive?.status === "succeeded" ? { ...rest, redrive } : rest);
let world: World;

beforeAll(async () => {
  world = await World.start(120);
}, 240_000);

afterAll(async () => {
  await world?.remove();
}, 60_000);

describe("recovery from failures", () => {
  it.each(cases.filter(({ what }) => chosen.includes(what)).map(shortened))(
    "when $what at $where",
    async (testCase) => {
      const { problems } = await runCase(world, testCase);
      expect(problems).toEqual([]);
      await testCase.cleanup?.(world);
      await world.acceptLiveRelease();
    },
    240_000,
  );
});

describe("ten concurrent pushes", () => {
  it("all end, and the newest commit is live", async () => {
    expect(await burst(world, 10)).not.toHaveProperty("problem");
  }, 240_000);
});
