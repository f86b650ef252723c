import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { burst } from "../matrix/bursts.ts";
import type { Case } from "../matrix/case.ts";
import { cases } from "../matrix/cases/index.ts";
import { runCase } from "../matrix/run-case.ts";
import { World } from "../matrix/world.ts";

/** The most complex cases of `npm run matrix` that no other scenario covers, without the redrives that fail again. */
const chosen: readonly Pick<Case, "what" | "where">[] = [
  { what: "the control plane is killed (kill -9)", where: "Migrate" },
  { what: "an alarm goes off after the bake", where: "after Finish" },
  { what: "the previous release cannot be redeployed", where: "Restore traffic" },
];
const isChosen = (each: Case) => chosen.some(({ what, where }) => each.what.startsWith(what) && each.where === where);
const shortened = ({ redrive, ...rest }: Case): Case => (redrive?.status === "succeeded" ? { ...rest, redrive } : rest);
let world: World;

beforeAll(async () => {
  world = await World.start(60);
}, 240_000);

afterAll(async () => {
  await world?.remove();
}, 60_000);

describe("recovery from failures", () => {
  it.each(cases.filter(isChosen).map(shortened))(
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
