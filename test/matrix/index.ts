// npm run matrix [-- <words of a case> …]: makes everything go wrong that docs/failure-modes.md lists, or what is named, and writes it there.
import { readFileSync, writeFileSync } from "node:fs";
import type { Case } from "./case.ts";
import { cases } from "./cases/index.ts";
import { bursts } from "./bursts.ts";
import { type Finding, judge } from "./judge.ts";
import { page, row } from "./page.ts";
import { setup } from "../support/synthesized.ts";
import { World } from "./world.ts";

const file = "docs/failure-modes.md";
const speed = 60;
const wanted = process.argv.slice(2).map((word) => word.toLowerCase());
const chosen = cases.filter(({ what, where }) => {
  const name = `${what} ${where}`.toLowerCase();
  return wanted.length === 0 || wanted.some((word) => name.includes(word));
});

await setup();
console.log(`${chosen.length} cases on one stage; time runs ${speed} times faster.`);
let world = await World.start(speed);
const findings: Finding[] = [];
for (const [index, one] of chosen.entries()) {
  const finding = await judge(world, one);
  findings.push(finding);
  console.log(`${index + 1}/${chosen.length} ${row(finding)}`);
  for (const problem of finding.problems) console.log(`   ✗ ${problem}`);
  if (!(await recovered(world, one))) {
    console.log("   the stage did not recover; the next case gets a new one");
    await world.remove();
    world = await World.start(speed);
  }
}
const pushed = wanted.length === 0 || wanted.includes("pushes") ? await bursts(world) : [];
await world.remove();

const bad =
  findings.filter(({ problems }) => problems.length > 0).length + pushed.filter(({ problem }) => problem).length;
writeFileSync(file, page(findings, pushed, readFileSync(file, "utf8")));
console.log(
  `${findings.length + pushed.length - bad} of ${findings.length + pushed.length} cases are as they should be.`,
);
process.exit(bad === 0 ? 0 : 1);

/** A good release serves, from which the next case starts. */
async function recovered(from: World, { afterwards }: Case): Promise<boolean> {
  try {
    await afterwards?.(from);
    await from.carryOn();
    return true;
  } catch (error) {
    console.log(`   ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}
