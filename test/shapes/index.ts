// npm run shapes [-- <app> …]: deploys each app of test/shapes/apps, or the named ones, and writes the results to docs/shapes.md.
import { writeFileSync } from "node:fs";
import { page, row } from "./page.ts";
import { runShape, type Step } from "./run-shape.ts";
import { shapes } from "./shapes.ts";

const file = "docs/shapes.md";
const names = process.argv.slice(2);
const unknown = names.filter((name) => shapes.every((shape) => shape.name !== name));
if (unknown.length > 0)
  throw new Error(`No such app: ${unknown.join(", ")}. Apps: ${shapes.map(({ name }) => name).join(", ")}`);

const rows = new Map<string, string>();
for (const shape of shapes.filter(({ name }) => names.length === 0 || names.includes(name))) {
  console.log(shape.name);
  const steps: Step[] = [];
  const onStep = (step: Step) => {
    const { name, seconds, outcome, problem } = step;
    console.log(`  ${problem === undefined ? "✓" : "✗"} ${name}: ${outcome}, ${seconds.toFixed(1)} s`);
    if (problem !== undefined) console.log(problem.replaceAll(/^/gm, "      "));
    steps.push(step);
    rows.set(shape.name, row(shape.name, steps));
    writeFileSync(file, page(file, rows)); // also of a run that is interrupted
  };
  await runShape(shape, { onStep });
}
const passed = [...rows.values()].filter((line) => line.endsWith("passed |")).length;
console.log(`${passed} of ${rows.size} apps passed; see ${file}.`);
process.exit(passed === rows.size ? 0 : 1);
