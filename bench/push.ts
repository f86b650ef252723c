// Overhead of the pipeline compared with the commands that it runs.
import type { WorkingCopy } from "#test/support/git.ts";
import { startStage, type Stage } from "#test/support/stage.ts";
import { runBareCommands } from "./bare-commands.ts";
import { timesOfDeployment } from "./deployment-times.ts";
import { canarySeconds, change, speed } from "./example-commits.ts";
import { median, mediansByKey, rounded, spread } from "./numbers.ts";

const runs = 3;
export async function benchPush(): Promise<void> {
  const stage = await startStage({ speed });
  try {
    const copy = await stage.clone("storefront");
    await push(stage, copy, "warm-up"); // the first push migrates and fills caches
    const pipeline: Record<string, number>[] = [];
    const bare: Record<string, number>[] = [];
    for (let run = 1; run <= runs; run += 1) {
      bare.push(await runBareCommands(stage, copy, await copy.commit(change(`bare ${run}`))));
      pipeline.push(await push(stage, copy, `push ${run}`));
    }
    report(pipeline, bare);
    copy.remove();
  } finally {
    await stage.remove();
  }
}

async function push(stage: Stage, copy: WorkingCopy, headline: string): Promise<Record<string, number>> {
  const commit = await copy.commit(change(headline));
  const begun = Date.now();
  await copy.git("push", "--quiet", "--force", "origin", `${commit}:refs/heads/main`);
  const end = await stage.ended(commit);
  if (end.status !== "SUCCEEDED") throw new Error(`The deployment ended as ${end.status}: ${end.error} ${end.cause}`);
  return timesOfDeployment(stage, end.executionArn, begun);
}

const builtByPipeline = ["Build: INSTALL", "Build: BUILD", "Build: POST_BUILD"];
const builtByHand = ["npm ci", "npm test", "npm run build", "npm prune", "image"];

const sum = (values: readonly number[]) => values.reduce((total, each) => total + each, 0);
const withTotal = (run: Readonly<Record<string, number>>) => ({ ...run, total: sum(Object.values(run)) });

/** Total without the given phases and the configured wait: npm's variance is larger than the rest of the pipeline. */
function without(run: Readonly<Record<string, number>>, wait: number, names: readonly string[]): number {
  return (run.total ?? Number.NaN) - wait - sum(names.map((name) => run[name] ?? Number.NaN));
}

function report(pipeline: readonly Record<string, number>[], bare: readonly Record<string, number>[]): void {
  const totals = pipeline.map(({ total = Number.NaN }) => total - canarySeconds);
  const bareTotals = bare.map((run) => withTotal(run).total);
  const [ours, theirs] = [median(totals), median(bareTotals)];
  console.log(
    `Warm push of the storefront until green serves all traffic, ${runs} alternating runs, seconds: median (range)`,
  );
  console.table({
    "Lockstep, without the configured wait": spread(totals),
    "the bare commands": spread(bareTotals),
    "Lockstep, without the build commands": spread(pipeline.map((run) => without(run, canarySeconds, builtByPipeline))),
    "the bare commands, without the build commands": spread(bare.map((run) => without(withTotal(run), 0, builtByHand))),
    difference: `${rounded(ours - theirs)} s, ${rounded((ours / theirs - 1) * 100, 1)} %`,
  });
  console.log("The bare commands, medians in seconds");
  console.table(mediansByKey(bare));
  console.log("Phases of a push, medians in seconds");
  console.table(mediansByKey(pipeline));
}
