import { expect, it } from "vitest";
import { runShape } from "../shapes/run-shape.ts";
import { shapes } from "../shapes/shapes.ts";

/** failure.test.ts has a health check that answers 500 and a crash, commands.test.ts redrives: `npm run shapes` runs all of an app. */
const covered = ["500", "crash", "redrive"];

it("an app that knows nothing of Lockstep goes live from `git init`, and takes a migration, with and without success", async () => {
  const [shape] = shapes.filter(({ name }) => name === "express-knex");
  const steps = shape && (await runShape(shape, { without: covered, speed: 600 }));
  expect(steps?.map(({ name, outcome, problem = "" }) => [name, outcome, problem])).toEqual([
    ["init", "no change", ""],
    ["live", "live", ""],
    ["migration", "deployed", ""],
    ["failing migration", "failed (MigrationFailed)", ""],
    ["down", "stopped", ""],
  ]);
}, 300_000);
