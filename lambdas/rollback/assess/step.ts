import { assess, describeAction } from "../decide-actions.ts";
import { RollbackRefused } from "../../core/errors.ts";
import { type LockRecord, readLock, takeOver } from "../../core/lock.ts";
import { deploymentKey, loadRecord, loadRelease, loadReleases, type ReleaseRecord } from "../../core/record.ts";
import type { RollbackCause, RollbackPorts, RollbackRecord, RollbackWork } from "../rollback.ts";
import { gatherFacts, type StagePorts } from "../stage-facts.ts";
import type { AssessOutput } from "./contract.ts";

type AssessPorts = RollbackPorts & StagePorts;
type Undoing = Pick<RollbackRecord, "from" | "to" | "withdraws" | "reverts">;

/** Takes the lock over and finds out what has to be undone. Nothing is a valid answer. */
export function assessStage(ports: AssessPorts) {
  return async (work: RollbackWork): Promise<AssessOutput> => {
    const generation = await acquire(ports, work);
    if (generation === undefined)
      return nothing(work, "Another execution has taken the stage over; it answers for it.");
    const undoing = await whatToUndo(ports, work.input.cause);
    if (!undoing)
      return nothing(work, "The deployment is the current release; nothing failed that users see.", generation);
    const actions = assess(await gatherFacts(ports, { cause: work.input.cause, ...undoing }));
    await work.remember({ ...undoing, generation, actions: actions.map(describeAction) });
    if (undoing.from) {
      const rollback = { id: work.input.rollback, outcome: "running" };
      await ports.table.patch(deploymentKey(undoing.from.deployment), { rollback });
    }
    return { undo: undoing.reverts === true || actions.length > 0, generation };
  };
}

async function nothing(work: RollbackWork, saw: string, generation = 0): Promise<AssessOutput> {
  await work.remember({ saw, ...(generation > 0 && { generation }) });
  return { undo: false, generation };
}

/** `undefined` when the stage is somebody else's by now, which is no failure. */
async function acquire(ports: AssessPorts, { execution, input }: RollbackWork): Promise<number | undefined> {
  const lock = await readLock(ports.table);
  if (lock.holder === execution) return lock.generation;
  const { cause } = input;
  if (cause.kind === "execution") {
    if (lock.holder !== cause.execution) return undefined;
    const record = await loadRecord(ports.table, cause.deployment);
    if (record && record.attempt > cause.redriveCount) return undefined; // it was redriven and is at work
    return takeOver(ports, lock, { execution, deployment: cause.deployment });
  }
  if (lock.holder !== undefined && (await ports.machine.isRunning(lock.holder))) throw busy(lock, cause);
  return takeOver(ports, lock, { execution });
}

function busy({ deployment, holder }: LockRecord, { kind }: RollbackCause): RollbackRefused {
  const who = deployment ?? holder?.split(":").at(-1);
  const advice = kind === "person" ? " Abort it first (lockstep abort); its traffic then goes back by itself." : "";
  return new RollbackRefused(
    `Deployment ${who} is at work on the stage and answers for it; nothing was touched.${advice}`,
  );
}

async function whatToUndo(ports: AssessPorts, cause: RollbackCause): Promise<Undoing | undefined> {
  const current = await loadRelease(ports.table);
  if (cause.kind !== "execution") return { ...(await backTo(ports, cause, current)), withdraws: true, reverts: true };
  if (current?.deployment === cause.deployment) return undefined;
  const record = await loadRecord(ports.table, cause.deployment);
  const to = current && referenceOf(current);
  if (!record) return { ...(to && { to }) };
  const { deployment, commit, taskDefinition } = record;
  const from = { deployment, commit, ...(taskDefinition && { taskDefinitionArn: taskDefinition.arn }) };
  // CodeDeploy takes traffic back by itself when it can; then it is only verified here.
  return { from, ...(to && { to }), reverts: record.shift !== undefined };
}

async function backTo(
  { table }: AssessPorts,
  cause: Exclude<RollbackCause, { kind: "execution" }>,
  current: ReleaseRecord | undefined,
): Promise<Undoing> {
  const releases = await loadReleases(table);
  const asked = cause.kind === "person" ? cause.release : undefined;
  const to =
    asked === undefined
      ? releases.find(({ deployment, withdrawnAt }) => deployment !== current?.deployment && withdrawnAt === undefined)
      : releases.find(({ deployment }) => deployment === asked);
  if (asked !== undefined && !to) throw new RollbackRefused(`No release was made by a deployment ${asked}.`);
  if (!to || !current)
    throw new RollbackRefused("The stage has no earlier release that was good; nothing was touched.");
  if (to.deployment === current.deployment)
    throw new RollbackRefused(`Deployment ${asked} is the current release already.`);
  return { from: referenceOf(current), to: referenceOf(to) };
}

function referenceOf({ deployment, commit, taskDefinitionArn }: ReleaseRecord) {
  return { deployment, commit, taskDefinitionArn };
}
