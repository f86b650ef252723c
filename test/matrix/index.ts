// npm run matrix [-- <words of a case> …]: runs all failure cases, or the matching ones, and writes the results to docs/failure-modes.md.
import { readFileSync, writeFileSync } from "node:fs";
import type { Case } from "./case.ts";
import { cases } from "./cases/index.ts";
import { bursts } from "./bursts.ts";
import { type CaseResult, runCase } from "./run-case.ts";
import { page, row } from "./page.ts";
import { setup } from "../support/synthesized.ts";
import { World } from "./world.ts";

const file = "docs/failure-modes.md";
const speed = 60;
const filters = process.argv.slice(2).map((word) => word.toLowerCase());
const chosen = cases.filter(({ what, where }) => {
  const name = `${what} ${where}`.toLowerCase();
  return filters.length === 0 || filters.some((word) => name.includes(word));
});

await setup();
console.log(`${chosen.length} cases on one stage; configured waits run ${speed} times faster.`);
let world = await World.start(speed);
const results: CaseResult[] = [];
for (const [index, testCase] of chosen.entries()) {
  const result = await runCase(world, testCase);
  results.push(result);
  console.log(`${index + 1}/${chosen.length} ${row(result)}`);
  for (const problem of result.problems) console.log(`   ✗ ${problem}`);
  if (!(await recovered(world, testCase))) {
    console.log("   the stage did not recover; the next case starts with a new one");
    await world.remove();
    world = await World.start(speed);
  }
}
const pushed = filters.length === 0 || filters.includes("pushes") ? await bursts(world) : [];
await world.remove();

const bad =
  results.filter(({ problems }) => problems.length > 0).length + pushed.filter(({ problem }) => problem).length;
writeFileSync(file, page(results, pushed, readFileSync(file, "utf8")));
console.log(`${results.length + pushed.length - bad} of ${results.length + pushed.length} cases passed.`);
process.exit(bad === 0 ? 0 : 1);

/** Whether a healthy release is live, from which the next case can start. */
async function recovered(from: World, { cleanup }: Case): Promise<boolean> {
  try {
    await cleanup?.(from);
    await from.acceptLiveRelease();
    return true;
  } catch (error) {
    console.log(`   ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}
