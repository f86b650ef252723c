import type { DeploymentRecord } from "../../lambdas/core/record.ts";
import type { Case } from "./case.ts";
import { startVisitors, type Visits } from "./visitors.ts";
import type { World } from "./world.ts";

export interface Finding {
  readonly one: Case;
  readonly happened: string;
  /** From the trouble until the last answer of the bad release, in milliseconds; none when users never got there. */
  readonly backAfter?: number;
  readonly requests: number;
  /** Requests that no release answered, or that another one than the bad release answered with an error. */
  readonly failed: number;
  /** Errors that the bad release itself gave to users. */
  readonly ownErrors: number;
  readonly rowsLost: number;
  readonly problems: readonly string[];
}

/** Makes one case happen under load, and compares what is seen from outside with what should be. */
export async function judge(world: World, one: Case): Promise<Finding> {
  const problems: string[] = [];
  const visitors = startVisitors(world.url);
  let commit = "";
  let record: DeploymentRecord | undefined;
  let backAfter: number | undefined;
  try {
    await one.before?.(world);
    commit = await world.push((await one.files?.(world)) ?? {});
    const began = await one.during?.(world, commit);
    record = await world.settled(commit);
    const seen = visitors.lastSeen(commit);
    if (began !== undefined && seen !== undefined) backAfter = Math.max(0, seen - began);
    problems.push(...(await compare(world, one, record)));
    if (one.redrive) problems.push(...(await redriven(world, one, record)));
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
  }
  const visits = await visitors.stop();
  const measured = await measure(world, visits, commit);
  if (measured.rowsLost > 0) problems.push(`${measured.rowsLost} acknowledged rows are not in the database`);
  if (measured.failed > 0) problems.push(`${measured.failed} requests failed: ${firstOf(visits, commit)}`);
  return { one, happened: told(record), ...(backAfter !== undefined && { backAfter }), ...measured, problems };
}

async function compare(world: World, one: Case, record: DeploymentRecord): Promise<string[]> {
  const { holder, frozen } = await world.lock();
  const errors: readonly (string | undefined)[] = Array.isArray(one.error) ? one.error : [one.error];
  const serves = await world.serves();
  const expected = one.serves === "new" ? record.commit : world.good;
  const stuck = await world.running();
  return [
    record.status !== one.status && `status ${record.status}, expected ${one.status}`,
    !errors.includes(record.failure?.error) &&
      `error ${record.failure?.error}, expected ${errors.join(" or ")}: ${record.failure?.cause}`,
    record.rollback?.outcome !== one.outcome && `outcome ${record.rollback?.outcome}, expected ${one.outcome}`,
    one.where !== "Acquire lock" &&
      serves !== expected &&
      `commit ${serves.slice(0, 8)} serves, expected ${expected.slice(0, 8)}`,
    Boolean(frozen) !== Boolean(one.frozen) && `the stage is ${frozen ? `frozen: ${frozen.reason}` : "not frozen"}`,
    !one.frozen && holder !== undefined && `the lock is held by ${holder}`,
    stuck > 0 && `${stuck} executions still run`,
  ].filter((problem) => problem !== false);
}

async function redriven(world: World, { redrive, repair }: Case, before: DeploymentRecord): Promise<string[]> {
  await repair?.(world);
  const record = await world.redrive(before);
  const serves = await world.serves();
  const { holder } = await world.lock();
  const expected = redrive?.status === "succeeded" ? record.commit : undefined;
  return [
    record.status !== redrive?.status &&
      `the redrive ended ${record.status} (${record.failure?.error}: ${record.failure?.cause}), expected ${redrive?.status}`,
    redrive?.error !== undefined &&
      record.failure?.error !== redrive.error &&
      `the redrive failed with ${record.failure?.error}, expected ${redrive.error}`,
    expected !== undefined && serves !== expected && `after the redrive ${serves.slice(0, 8)} serves`,
    holder !== undefined && `after the redrive the lock is held by ${holder}`,
  ].filter((problem) => problem !== false);
}

const isForeign = (commit: string) => (failure: Visits["failures"][number]) => failure.release !== commit;

async function measure(world: World, visits: Visits, commit: string) {
  const failed = visits.failures.filter(isForeign(commit)).length;
  const rowsLost = await world.missingRows(visits.acknowledged);
  return { requests: visits.requests, failed, ownErrors: visits.failures.length - failed, rowsLost };
}

function firstOf(visits: Visits, commit: string): string {
  const first = visits.failures.find(isForeign(commit));
  return first
    ? `${first.what} from ${first.release?.slice(0, 8) ?? "nobody"} at ${new Date(first.at).toISOString()}`
    : "";
}

function told(record: DeploymentRecord | undefined): string {
  if (!record) return "no deployment";
  const { status, failure, rollback } = record;
  const outcomes = {
    "nothing-to-undo": record.migration?.taskArn
      ? "no traffic was moved, its migrations had begun"
      : "nothing was changed",
    "rolled-back": "rolled back",
    failed: "the rollback failed",
    running: "rolling back",
  };
  const words = [status === "succeeded" ? "deployed" : status, failure?.error, rollback && outcomes[rollback.outcome]];
  return words.filter(Boolean).join(", ");
}
