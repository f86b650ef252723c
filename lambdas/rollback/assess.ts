import { RollbackRefused } from "../core/errors.ts";
import type { Deps } from "../core/journal.ts";
import { type LockRecord, readLock, takeOver } from "../core/lock.ts";
import { deploymentKey, loadRecord, loadRelease, loadReleases, type ReleaseRecord } from "../core/record.ts";
import type { Step, Work } from "../core/step.ts";
import type { AssessOutput } from "./contract.ts";
import { decideActions, describeAction } from "./decide-actions.ts";
import type { RollbackCause, RollbackRecord } from "./record.ts";
import { earlierGoodRelease } from "./readiness/facts.ts";
import { readStage, type StageDeps } from "./stage-state.ts";

interface AssessDeps extends Deps, StageDeps {
  /** Whether the version of the app's secret can still be read. */
  readonly hasSecretVersion: (version: string) => Promise<boolean>;
}
type Undoing = Pick<RollbackRecord, "from" | "to" | "withdraws" | "reverts">;

/** Takes the lock over and decides what has to be undone; possibly nothing. */
export function assess(deps: AssessDeps): Step<RollbackRecord> {
  return {
    name: "Assess",
    withoutLock: true,
    async act(work) {
      return { kind: "done", output: await assessStage(deps, work) };
    },
  };
}

async function assessStage(deps: AssessDeps, work: Work<RollbackRecord>): Promise<AssessOutput> {
  const { cause, rollback } = work.record;
  const generation = await acquireLock(deps, work);
  if (generation === undefined)
    return nothing(work, "Another execution holds the lock and is responsible for the stage.");
  const undoing = await findRelease(deps, cause);
  if (!undoing) return nothing(work, "The deployment is the current release; production is not affected.", generation);
  const actions = decideActions(await readStage(deps, { cause, ...undoing }));
  await work.remember({ ...undoing, generation, actions: actions.map(describeAction) });
  if (undoing.from) {
    await deps.table.patch(deploymentKey(undoing.from.deployment), { rollback: { id: rollback, outcome: "running" } });
  }
  return { undo: undoing.reverts === true || actions.length > 0, generation };
}

async function nothing(work: Work<RollbackRecord>, observed: string, generation = 0): Promise<AssessOutput> {
  await work.remember({ observed, ...(generation > 0 && { generation }) });
  return { undo: false, generation };
}

/** `undefined` if another execution has taken the stage over, which is no failure. */
async function acquireLock(
  deps: AssessDeps,
  { execution, record: { cause } }: Work<RollbackRecord>,
): Promise<number | undefined> {
  const lock = await readLock(deps.table);
  if (lock.holder === execution) return lock.generation;
  if (cause.kind === "execution") {
    if (lock.holder !== cause.execution) return undefined;
    const record = await loadRecord(deps.table, cause.deployment);
    if (record && record.attempt > cause.attempt) return undefined; // it was redriven and is running again
    return takeOver(deps, lock, { execution, deployment: cause.deployment });
  }
  if (lock.holder !== undefined && (await deps.machine.isRunning(lock.holder))) throw busy(lock, cause);
  return takeOver(deps, lock, { execution });
}

function busy({ deployment, holder }: LockRecord, { kind }: RollbackCause): RollbackRefused {
  const running = deployment ?? holder?.split(":").at(-1);
  const advice = kind === "person" ? "\nTo stop it, run: lockstep abort" : "";
  return new RollbackRefused(
    `Deployment ${running} is in progress and rolls itself back if it fails. Nothing was changed.${advice}`,
  );
}

/** The releases to roll back from and to; `undefined` if the deployment succeeded. */
async function findRelease(deps: AssessDeps, cause: RollbackCause): Promise<Undoing | undefined> {
  const current = await loadRelease(deps.table);
  if (cause.kind !== "execution") {
    return { ...(await earlierRelease(deps, cause, current)), withdraws: true, reverts: true };
  }
  if (current?.deployment === cause.deployment) return undefined;
  const record = await loadRecord(deps.table, cause.deployment);
  const to = current && referenceOf(current);
  if (!record) return { ...(to && { to }) };
  const { deployment, commit, taskDefinition } = record;
  const from = { deployment, commit, ...(taskDefinition && { taskDefinitionArn: taskDefinition.arn }) };
  // CodeDeploy reroutes traffic by itself if it can; then it is only probed here.
  return { from, ...(to && { to }), reverts: record.shift !== undefined };
}

async function earlierRelease(
  { table, hasSecretVersion }: AssessDeps,
  cause: Exclude<RollbackCause, { kind: "execution" }>,
  current: ReleaseRecord | undefined,
): Promise<Undoing> {
  const releases = await loadReleases(table);
  const requested = cause.kind === "person" ? cause.release : undefined;
  const to =
    requested === undefined
      ? earlierGoodRelease(releases, current?.deployment)
      : releases.find(({ deployment }) => deployment === requested);
  if (requested !== undefined && !to)
    throw new RollbackRefused(
      `Deployment ${requested} did not create a release. Nothing was changed.\nTo list releases, run: lockstep releases`,
    );
  if (!to || !current)
    throw new RollbackRefused("The stage has no earlier good release to roll back to. Nothing was changed.");
  if (to.deployment === current.deployment)
    throw new RollbackRefused(`Deployment ${requested} is already the current release. Nothing was changed.`);
  const version = (await loadRecord(table, to.deployment))?.plan?.secretVersion;
  if (version !== undefined && !(await hasSecretVersion(version)))
    throw new RollbackRefused(
      `Secrets Manager no longer has the secret variables of release ${to.deployment}, which are kept for the last releases only. Nothing was changed.\nTo deploy its commit with the current ones, run: lockstep deploy ${to.commit}`,
    );
  return { from: referenceOf(current), to: referenceOf(to) };
}

function referenceOf({ deployment, commit, taskDefinitionArn }: ReleaseRecord) {
  return { deployment, commit, taskDefinitionArn };
}
