// npm run updates [-- <words of a field> …]: changes every field of the configuration of a running stage, or the matching ones.
// A change is applied after one release and taken back after the next, so that both target groups have served; or it is refused after both.
import { cases, type FieldCase } from "./cases.ts";
import { configurationFields } from "./fields.ts";
import { unchanged, UpdatedStage } from "./update-stage.ts";

process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0"; // the local load balancer signs its certificates itself
const words = process.argv.slice(2);
const untested = configurationFields().filter((field) => !cases.some((each) => each.field === field));
const chosen = cases.filter(({ field }) => words.length === 0 || words.some((word) => field.includes(word)));
const stage = await UpdatedStage.start();
let passed = 0;
/** Changes that cannot be taken back. */
let kept: FieldCase["to"] = {};
let previous: FieldCase | undefined;

function report(field: string, how: string, problems: readonly string[]): void {
  if (problems.length === 0) passed += 1;
  console.log(`${problems.length === 0 ? "✓" : "✗"} ${field} ${how}`);
  for (const problem of problems) console.log(`    ${problem}`);
}

const withoutEffect = (problems: readonly string[]) => problems.filter((problem) => problem !== unchanged);

/** The change of one field takes back that of the previous one. */
async function apply(next: FieldCase | undefined): Promise<void> {
  const problems = await stage.change({ ...kept, ...next?.to });
  if (previous) report(previous.field, "applied back", problems);
  if (next) report(next.field, "applied", next.hasNoEffect ? withoutEffect(problems) : problems);
  previous = next;
}

for (const each of chosen) {
  if (each.refused) {
    report(each.field, "refused", await stage.change(each.to, each.refused));
    report(each.field, "refused after another release", await stage.change(each.to, each.refused));
    continue;
  }
  await apply(each);
  if (!each.refusedBack) continue;
  const former = Object.fromEntries(Object.keys(each.to).map((field) => [field, undefined]));
  report(each.field, "refused back", await stage.change(former, each.refusedBack));
  kept = { ...kept, ...each.to };
  previous = undefined;
}
if (previous) await apply(undefined);
await stage.remove();
for (const field of untested) console.log(`✗ ${field} has no case in test/updates/cases.ts`);
const total = 2 * (chosen.length + untested.length);
console.log(`${passed} of ${total} changes of the configuration passed.`);
process.exit(passed === total ? 0 : 1);
