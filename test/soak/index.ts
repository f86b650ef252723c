// npm run soak [-- --seed N --kills N --deployments N]: deploys healthy and broken releases while parts of the local cloud are killed.
// A full run that passes writes docs/kills.md.
import { rmSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { World } from "../matrix/world.ts";
import { processesIn } from "../support/command-line.ts";
import { seededRandom } from "../support/random-shape.ts";
import { setup } from "../support/synthesized.ts";
import { type Deployment, deployUnderKills, missingOrders } from "./deployment.ts";
import { plan } from "./kill.ts";
import { releases, storefrontFiles } from "./releases.ts";
import { summary } from "./summary.ts";

const full = { kills: 100, deployments: 20 };
const speed = 60;
const { values } = parseArgs({
  options: {
    seed: { type: "string", default: String(Date.now() % 100_000) },
    kills: { type: "string", default: String(full.kills) },
    deployments: { type: "string", default: String(full.deployments) },
  },
});
const [seed, kills, least] = [Number(values.seed), Number(values.kills), Number(values.deployments)];

await setup();
console.log(
  `Seed ${seed}: ${kills} kills in at least ${least} deployments; configured waits run ${speed} times faster.`,
);
const random = seededRandom(seed);
const began = Date.now();
const world = await World.start(speed, { copy: "storefront", files: storefrontFiles });
const deployments: Deployment[] = [];
for (;;) {
  const killed = deployments.flatMap((deployment) => deployment.kills).length;
  const release = releases[deployments.length % releases.length];
  const isDone = killed >= kills && deployments.length >= least;
  if (!release || isDone || deployments.at(-1)?.outcome === "stuck") break;
  const share = Math.ceil((kills - killed) / Math.max(1, least - deployments.length));
  const plans = Array.from({ length: share }, () => plan(random));
  const deployment = await deployUnderKills(world, { release, turn: deployments.length + 2, plans });
  deployments.push(deployment);
  const { outcome, error = "", seconds, problems } = deployment;
  console.log(`${deployments.length}. ${release.what}: ${outcome} ${error} (${seconds} s, ${killed} kills before)`);
  for (const problem of problems) console.log(`   ✗ ${problem}`);
}
const atEnd = await finish();
const minutes = Math.round((Date.now() - began) / 60_000);
const { line, page, unexplained, passed } = summary({ seed, speed, minutes, deployments, atEnd });
for (const { began: at, what } of unexplained.slice(0, 20)) console.log(`   ✗ ${new Date(at).toISOString()} ${what}`);
for (const problem of atEnd) console.log(`   ✗ ${problem}`);
console.log(page);
console.log(line);
const isFull = kills >= full.kills && least >= full.deployments;
if (passed && isFull) writeFileSync("docs/kills.md", page);
process.exit(passed ? 0 : 1);

/** A push without kills is deployed, and nothing runs after `down`; a stage with problems is kept for inspection. */
async function finish(): Promise<string[]> {
  const { directory } = world.stage;
  const problems: string[] = [];
  const acknowledged = new Set(deployments.flatMap(({ visits }) => [...visits.acknowledged]));
  try {
    if (deployments.at(-1)?.outcome !== "stuck") await world.release();
    const lost = await missingOrders(world, acknowledged);
    if (lost > 0) problems.push(`${lost} orders of all deployments are missing from the database`);
  } catch (error) {
    problems.push(`after the last deployment: ${String(error)}`);
  }
  await world.stage.lockstep("down");
  const left = processesIn(directory);
  if (left.length > 0) problems.push(`${left.length} processes are running after down: ${left[0]}`);
  world.copy.remove();
  if (problems.length + deployments.flatMap((deployment) => deployment.problems).length > 0)
    console.log(`The state is kept in ${directory}`);
  else rmSync(directory, { recursive: true, force: true });
  return problems;
}
