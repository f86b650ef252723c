// Overhead of the pipeline compared with the commands that it runs.
import { readFileSync } from "node:fs";
import path from "node:path";
import type { WorkingCopy } from "#test/support/git.ts";
import { startStage, type Stage } from "#test/support/stage.ts";
import { runBareCommands } from "./bare-commands.ts";
import { timesOfDeployment } from "./deployment-times.ts";
import { canarySeconds, change, speed } from "./example-commits.ts";
import { median, mediansByKey, rounded, spread } from "./numbers.ts";

const runs = 3;

/** Alternates, so that a slow machine slows down all of them. */
export async function benchPush(): Promise<void> {
  const stage = await startStage({ speed });
  try {
    const copy = await stage.clone("storefront");
    await push(stage, copy, change("warm-up")); // the first push migrates and fills caches
    const measured: Measured = { bare: [], unchanged: [], changed: [] };
    for (let run = 1; run <= runs; run += 1) {
      measured.bare.push(await runBareCommands(stage, copy, await copy.commit(change(`bare ${run}`))));
      measured.unchanged.push(await push(stage, copy, change(`push ${run}`)));
      const files = { ...change(`lock ${run}`), ...changedLock(copy, run) };
      measured.changed.push(await push(stage, copy, files));
    }
    report(measured);
    copy.remove();
  } finally {
    await stage.remove();
  }
}

type Run = Record<string, number>;

interface Measured {
  readonly bare: Run[];
  /** Pushes with the lock file of the push before. */
  readonly unchanged: Run[];
  readonly changed: Run[];
}

async function push(stage: Stage, copy: WorkingCopy, files: Record<string, string>): Promise<Run> {
  const commit = await copy.commit(files);
  const begun = Date.now();
  await copy.git("push", "--quiet", "--force", "origin", `${commit}:refs/heads/main`);
  const end = await stage.ended(commit);
  if (end.status !== "SUCCEEDED") throw new Error(`The deployment ended as ${end.status}: ${end.error} ${end.cause}`);
  return timesOfDeployment(stage, end.executionArn, begun);
}

/** Another file with the same packages: what is installed takes as long as before. */
function changedLock({ directory }: WorkingCopy, run: number): Record<string, string> {
  const lock = JSON.parse(readFileSync(path.join(directory, "package-lock.json"), "utf8")) as object; // npm's
  return { "package-lock.json": `${JSON.stringify({ ...lock, version: `1.0.${run}` }, undefined, 2)}\n` };
}

const builtByPipeline = ["Build: INSTALL", "Build: BUILD", "Build: POST_BUILD"];
const builtByHand = ["npm ci", "npm test", "npm run build", "npm prune", "image"];

const sum = (values: readonly number[]) => values.reduce((total, each) => total + each, 0);
const withTotal = (run: Readonly<Record<string, number>>) => ({ ...run, total: sum(Object.values(run)) });

/** Total without the given phases and the configured wait: npm's variance is larger than the rest of the pipeline. */
function without(run: Readonly<Record<string, number>>, wait: number, names: readonly string[]): number {
  return (run.total ?? Number.NaN) - wait - sum(names.map((name) => run[name] ?? Number.NaN));
}

function report({ bare, unchanged, changed }: Measured): void {
  const totalsOf = (pushes: readonly Run[]) => pushes.map(({ total = Number.NaN }) => total - canarySeconds);
  const bareTotals = bare.map((run) => withTotal(run).total);
  const ratio = (totals: readonly number[]) => rounded(median(totals) / median(bareTotals));
  console.log(
    `Warm push of the storefront until green serves all traffic, ${runs} alternating runs, seconds: median (range)`,
  );
  console.table({
    "the bare commands": { seconds: spread(bareTotals), ratio: 1 },
    "Lockstep, unchanged lock file": { seconds: spread(totalsOf(unchanged)), ratio: ratio(totalsOf(unchanged)) },
    "Lockstep, changed lock file": { seconds: spread(totalsOf(changed)), ratio: ratio(totalsOf(changed)) },
    "Lockstep, without the build commands": {
      seconds: spread(unchanged.map((run) => without(run, canarySeconds, builtByPipeline))),
    },
    "the bare commands, without the build commands": {
      seconds: spread(bare.map((run) => without(withTotal(run), 0, builtByHand))),
    },
  });
  console.log("Without the configured wait of the canary. The bare commands, medians in seconds");
  console.table(mediansByKey(bare));
  console.log("Phases of a push with an unchanged lock file, medians in seconds");
  console.table(mediansByKey(unchanged));
  console.log("Phases of a push with a changed lock file, medians in seconds");
  console.table(mediansByKey(changed));
}
