// npm run soak [-- --seed N --kills N --deployments N]: deploys healthy and broken releases while parts of the local cloud are killed.
import { parseArgs } from "node:util";
import { seededRandom } from "../support/random-shape.ts";
import { setup } from "../support/synthesized.ts";
import { World } from "../matrix/world.ts";
import { type Deployment, deployUnderKills } from "./deployment.ts";
import { failedRequests } from "./failed-requests.ts";
import { plan } from "./kill.ts";
import { releases, storefrontFiles } from "./releases.ts";
import { summary } from "./summary.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: String(Date.now() % 100_000) },
    kills: { type: "string", default: "100" },
    deployments: { type: "string", default: "20" },
  },
});
const [seed, total, least] = [Number(values.seed), Number(values.kills), Number(values.deployments)];
const speed = 60;

await setup();
console.log(
  `Seed ${seed}: ${total} kills in at least ${least} deployments; configured waits run ${speed} times faster.`,
);
const random = seededRandom(seed);
const began = Date.now();
const world = await World.start(speed, { copy: "storefront", files: storefrontFiles });
const deployments: Deployment[] = [];
for (;;) {
  const killed = deployments.flatMap(({ kills }) => kills).length;
  const release = releases[deployments.length % releases.length];
  if (!release || (killed >= total && deployments.length >= least)) break;
  const share = Math.ceil((total - killed) / Math.max(1, least - deployments.length));
  const plans = Array.from({ length: Math.min(total - killed, share) }, () => plan(random));
  const deployment = await deployUnderKills(world, { release, turn: deployments.length + 2, plans });
  deployments.push(deployment);
  const { outcome, error = "", seconds, problems } = deployment;
  console.log(`deployment ${deployments.length}, ${release.what}: ${outcome} ${error} (${seconds} s)`);
  for (const problem of problems) console.log(`   ✗ ${problem}`);
  if (outcome === "stuck") break;
}
const { rows, unexplained } = failedRequests(deployments);
for (const { began: at, what } of unexplained.slice(0, 20)) console.log(`   ✗ ${new Date(at).toISOString()} ${what}`);
for (const { victim, kills, failed, longestMs } of rows)
  console.log(`${victim}: ${kills} kills, ${failed} failed requests, the last one after ${longestMs} ms`);
const minutes = Math.round((Date.now() - began) / 60_000);
const { text, passed } = summary(deployments, { seed, minutes, unexplained: unexplained.length });
console.log(text);
await world.remove();
process.exit(passed ? 0 : 1);
