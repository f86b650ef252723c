import { setTimeout as pause } from "node:timers/promises";
import { type DeploymentRecord, stepNames } from "../../lambdas/core/record.ts";
import { startVisitors, type Visits } from "../matrix/visitors.ts";
import type { World } from "../matrix/world.ts";
import { kill, type Kill, pick, type Plan } from "./kill.ts";
import { leftovers } from "./leftovers.ts";
import { type Release, storefrontPaths } from "./releases.ts";

export interface Deployment {
  readonly release: Release;
  readonly commit: string;
  readonly outcome: "deployed" | "rolled back" | "stuck";
  readonly error: string | undefined;
  readonly seconds: number;
  readonly kills: readonly Kill[];
  readonly visits: Visits;
  readonly rowsLost: number;
  readonly problems: readonly string[];
}

const settleMs = 90_000;

interface Target {
  readonly release: Release;
  readonly turn: number;
  readonly plans: readonly Plan[];
}

/** Deploys a release under load, kills as planned while it runs, and checks what remains. */
export async function deployUnderKills(world: World, { release, turn, plans }: Target): Promise<Deployment> {
  const began = Date.now();
  const kills: Kill[] = [];
  const problems: string[] = [];
  const visitors = startVisitors(world.url, storefrontPaths);
  const commit = await world.push(release.files(world.copy, turn), release.what);
  let record: DeploymentRecord | undefined;
  try {
    for (const { step, plan } of schedule(release, plans)) {
      if (!(await isReached(world, commit, step))) break;
      await pause(plan.afterMs);
      const killed = await kill(world, plan, step);
      kills.push(killed);
      console.log(`  ${new Date(killed.at).toISOString().slice(11, 23)} ${step}: ${killed.victim}`);
    }
    await world.finished(commit);
    await settle(world);
    const ups = Promise.all(kills.flatMap(({ restart }) => (restart ? [restart.ended] : []))).then(() => true);
    if (!(await Promise.race([ups, pause(settleMs)]))) problems.push("lockstep up has not ended");
    record = await world.record(commit);
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
  }
  const visits = await visitors.stop();
  const rowsLost = await missingOrders(world, visits.acknowledged).catch((error: unknown) => {
    problems.push(`the orders could not be counted: ${String(error)}`);
    return 0;
  });
  const outcome = outcomeOf(record);
  problems.push(...(await unexpected(world, { release, commit, outcome })));
  if (rowsLost > 0) problems.push(`${rowsLost} acknowledged orders are missing from the database`);
  const seconds = Math.round((Date.now() - began) / 1000);
  return { release, commit, outcome, error: record?.failure?.error, seconds, kills, visits, rowsLost, problems };
}

function schedule({ steps }: Release, plans: readonly Plan[]): { step: string; plan: Plan }[] {
  const scheduled = plans.map((plan) => ({ step: pick(steps, plan.step) ?? "", plan }));
  const order = ({ step, plan }: { step: string; plan: Plan }) => steps.indexOf(step) * 1e6 + plan.afterMs;
  return scheduled.toSorted((a, b) => order(a) - order(b));
}

/** Waits until a deployment has started a step or a later one; false if it ended before. */
function isReached(world: World, commit: string, step: string): Promise<boolean> {
  return world.until(`${step} of ${commit.slice(0, 8)} starts or the deployment ends`, async () => {
    const record = await world.record(commit);
    if (!record) return undefined;
    const later: readonly string[] = stepNames.slice(stepNames.findIndex((name) => name === step));
    if (step === "Roll back" ? record.rollback : later.some((name) => record.steps[name])) return true;
    return record.status === "running" || record.rollback?.outcome === "running" ? undefined : false;
  });
}

/** Waits until the stage is idle, which includes a rollback that an alarm started after the deployment. */
async function settle(world: World): Promise<void> {
  const deadline = Date.now() + settleMs;
  const left = await world.until("the stage is idle", async () => {
    const all = await leftovers(world);
    const isServing = (await fetch(world.url)).ok;
    const problems = [...all, ...(isServing ? [] : ["production returns errors"])];
    return problems.length === 0 || Date.now() > deadline ? problems : undefined;
  });
  if (left.length > 0) throw new Error(`After ${settleMs / 1000} s: ${left.join("; ")}`);
}

function outcomeOf(record: DeploymentRecord | undefined): Deployment["outcome"] {
  if (record?.rollback?.outcome === "rolled-back" || record?.rollback?.outcome === "nothing-to-undo")
    return "rolled back";
  return record?.status === "succeeded" && !record.rollback ? "deployed" : "stuck";
}

async function unexpected(
  world: World,
  { release, commit, outcome }: Pick<Deployment, "release" | "commit" | "outcome">,
): Promise<string[]> {
  const serves = await world.servedCommit().catch(() => "nothing");
  if (outcome === "deployed" && release.broken) return ["a broken release was deployed"];
  if ((serves === commit) !== (outcome === "deployed")) return [`${outcome}, but ${serves.slice(0, 8)} is live`];
  return outcome === "stuck" ? ["the deployment neither succeeded nor was rolled back"] : [];
}

export async function missingOrders(world: World, keys: ReadonlySet<string>): Promise<number> {
  const rows = await world.query<{ count: string }>("select count(*) from orders where idempotency_key = any($1)", [
    [...keys],
  ]);
  return keys.size - Number(rows[0]?.count);
}
