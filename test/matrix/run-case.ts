import type { DeploymentRecord } from "../../lambdas/core/record.ts";
import type { Case } from "./case.ts";
import { startVisitors, type Visits } from "./visitors.ts";
import type { World } from "./world.ts";

export interface CaseResult {
  readonly testCase: Case;
  readonly outcome: string;
  /** From the start of the failure until the last response of the faulty release, in milliseconds, if users reached it. */
  readonly recoveryMs?: number;
  readonly requests: number;
  /** Requests without a response, or with an error from a release other than the faulty one. */
  readonly failed: number;
  /** Errors that users got from the faulty release. */
  readonly ownErrors: number;
  readonly rowsLost: number;
  readonly problems: readonly string[];
}

/** Runs one case under load and compares the observed result with the expected one. */
export async function runCase(world: World, testCase: Case): Promise<CaseResult> {
  const problems: string[] = [];
  const visitors = startVisitors(world.url);
  let commit = "";
  let record: DeploymentRecord | undefined;
  let recoveryMs: number | undefined;
  try {
    await testCase.before?.(world);
    commit = await world.push((await testCase.files?.(world)) ?? {});
    const began = await testCase.during?.(world, commit);
    record = await world.finished(commit);
    const lastResponse = visitors.lastResponse(commit);
    if (began !== undefined && lastResponse !== undefined) recoveryMs = Math.max(0, lastResponse - began);
    problems.push(...(await compare(world, testCase, record)));
    if (testCase.redrive) problems.push(...(await redriven(world, testCase, record)));
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
  }
  const visits = await visitors.stop();
  const measured = await measure(world, visits, commit);
  if (measured.rowsLost > 0) problems.push(`${measured.rowsLost} acknowledged rows are missing from the database`);
  if (measured.failed > 0) problems.push(`${measured.failed} requests failed: ${firstOf(visits, commit)}`);
  return {
    testCase,
    outcome: describe(record),
    ...(recoveryMs !== undefined && { recoveryMs }),
    ...measured,
    problems,
  };
}

async function compare(world: World, testCase: Case, record: DeploymentRecord): Promise<string[]> {
  const { holder, frozen } = await world.lock();
  const errors: readonly (string | undefined)[] = Array.isArray(testCase.error) ? testCase.error : [testCase.error];
  const serves = await world.servedCommit();
  const expected = testCase.serves === "new" ? record.commit : world.goodCommit;
  const stuck = await world.running();
  const { explanation = "nothing" } = (record.rollback && (await world.rollback(record.rollback.id))) ?? {};
  return [
    record.status !== testCase.status && `status ${record.status}, expected ${testCase.status}`,
    !errors.includes(record.failure?.error) &&
      `error ${record.failure?.error}, expected ${errors.join(" or ")}: ${record.failure?.cause}`,
    record.rollback?.outcome !== testCase.outcome &&
      `outcome ${record.rollback?.outcome}, expected ${testCase.outcome}`,
    testCase.where !== "Acquire lock" &&
      serves !== expected &&
      `commit ${serves.slice(0, 8)} is live, expected ${expected.slice(0, 8)}`,
    testCase.explanation &&
      !testCase.explanation.test(explanation) &&
      `the rollback is explained by ${explanation}, expected ${testCase.explanation}`,
    Boolean(frozen) !== Boolean(testCase.frozen) &&
      `the stage is ${frozen ? `frozen: ${frozen.reason}` : "not frozen"}`,
    !testCase.frozen && holder !== undefined && `the lock is held by ${holder}`,
    stuck > 0 && `${stuck} executions are still running`,
  ].filter((problem) => typeof problem === "string");
}

async function redriven(world: World, { redrive, repair }: Case, before: DeploymentRecord): Promise<string[]> {
  await repair?.(world);
  const record = await world.redrive(before);
  const serves = await world.servedCommit();
  const { holder } = await world.lock();
  const expected = redrive?.status === "succeeded" ? record.commit : undefined;
  return [
    record.status !== redrive?.status &&
      `the redrive ended ${record.status} (${record.failure?.error}: ${record.failure?.cause}), expected ${redrive?.status}`,
    redrive?.error !== undefined &&
      record.failure?.error !== redrive.error &&
      `the redrive failed with ${record.failure?.error}, expected ${redrive.error}`,
    expected !== undefined && serves !== expected && `after the redrive ${serves.slice(0, 8)} is live`,
    holder !== undefined && `after the redrive the lock is held by ${holder}`,
  ].filter((problem) => problem !== false);
}

const isFromOtherRelease = (commit: string) => (failure: Visits["failures"][number]) => failure.release !== commit;

async function measure(world: World, visits: Visits, commit: string) {
  const failed = visits.failures.filter(isFromOtherRelease(commit)).length;
  const rowsLost = await world.missingRows(visits.acknowledged);
  return { requests: visits.requests, failed, ownErrors: visits.failures.length - failed, rowsLost };
}

function firstOf(visits: Visits, commit: string): string {
  const first = visits.failures.find(isFromOtherRelease(commit));
  return first
    ? `${first.what} from ${first.release?.slice(0, 8) ?? "no release"} at ${new Date(first.at).toISOString()}`
    : "";
}

function describe(record: DeploymentRecord | undefined): string {
  if (!record) return "no deployment";
  const { status, failure, rollback } = record;
  const outcomes = {
    "nothing-to-undo": record.migration?.taskArn ? "traffic not shifted, migrations started" : "nothing changed",
    "rolled-back": "rolled back",
    failed: "rollback failed",
    running: "rolling back",
  };
  const words = [status === "succeeded" ? "deployed" : status, failure?.error, rollback && outcomes[rollback.outcome]];
  return words.filter(Boolean).join(", ");
}
