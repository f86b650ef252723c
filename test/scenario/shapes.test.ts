import { expect, it } from "vitest";
import { runShape } from "../shapes/run-shape.ts";
import { shapes } from "../shapes/shapes.ts";

/** failure.test.ts has a health check that answers 500 and a crash, commands.test.ts redrives: `npm run shapes` runs all of an app. */
const covered = ["500", "crash", "redrive"];

it("an app that knows nothing of Lockstep goes live from `git init`, and takes a migration, with and without success", async () => {
  const [shape] = shapes.filter(({ name }) => name === "express-knex");
  const steps = shape && (await runShape(shape, { without: covered, speed: 600 }));
  expect(steps).toMatchObject([
    { name: "init", outcome: "no change", problem: undefined },
    { name: "live", outcome: "live", problem: undefined },
    { name: "migration", outcome: "deployed", problem: undefined },
    { name: "failing migration", outcome: "failed (MigrationFailed)", problem: undefined },
    { name: "down", outcome: "stopped", problem: undefined },
  ]);
}, 180_000);
