import { DescribeTaskDefinitionCommand, type ECSClient } from "@aws-sdk/client-ecs";
import type { RDSClient } from "@aws-sdk/client-rds";
import { RestoreFailed } from "../core/errors.ts";
import type { Deps } from "../core/journal.ts";
import { type LockRecord, readLock, takeOver } from "../core/lock.ts";
import type { Facts, Outcome, Step, Work } from "../core/step.ts";
import { findSnapshot } from "./find-snapshot.ts";
import type { RestoreRecord } from "./record.ts";
import { findMisfit, type History, loadHistory, missingIn, type Schema, schemaOf } from "./schema.ts";

interface LockDeps extends Deps {
  readonly rds: RDSClient;
  readonly ecs: ECSClient;
}
type Releases = Pick<Facts<RestoreRecord>, "from" | "to">;

/** Takes the lock of the stage, so that nothing is deployed while its database is replaced. Waits for a running deployment. */
export function acquireLock(deps: LockDeps): Step<RestoreRecord> {
  return { name: "Acquire lock", withoutLock: true, act: (work) => acquire(deps, work) };
}

async function acquire(deps: LockDeps, { execution, record }: Work<RestoreRecord>): Promise<Outcome<RestoreRecord>> {
  const lock = await readLock(deps.table);
  if (lock.holder === execution) return acquired(lock.generation);
  if (lock.frozen) throw frozen(lock.frozen, record);
  if (lock.holder !== undefined && (await deps.machine.isRunning(lock.holder)))
    return { kind: "later", reason: `The deployment lock is held by ${describeHolder(lock)}` };
  // Only the holder of the lock changes the live release, and the lock is taken only if it is still as it was read above.
  const releases = await chooseRelease(deps, record);
  const generation = await takeOver(deps, lock, { execution });
  if (generation === undefined)
    return { kind: "later", reason: "Another execution has just taken the deployment lock" };
  return acquired(generation, releases);
}

function acquired(generation: number, releases: Releases = {}): Outcome<RestoreRecord> {
  return { kind: "done", output: { generation }, facts: { generation, ...releases } };
}

/** A release that finds an older schema than it was built for cannot start. */
async function chooseRelease(deps: LockDeps, record: RestoreRecord): Promise<Releases> {
  if (record.swappedAt !== undefined) return {}; // started over after the swap
  const snapshot = await findSnapshot(deps.rds, record.snapshot);
  if (!snapshot) return {}; // Restore snapshot reports it
  const history = await loadHistory(deps.table);
  const takenAt = snapshot.SnapshotCreateTime ?? new Date(0);
  const schema = schemaOf({ id: record.snapshot, takenAt }, history);
  const { release, snapshot: id } = record;
  if (release !== undefined && release !== history.current?.deployment)
    return changeRelease(deps, { release, schema, snapshot: id }, history);
  const misfit = findMisfit(schema, history);
  if (!misfit) return {};
  throw refused(
    `The live release does not run on the schema of snapshot ${id}, which does not have its migrations ${misfit.missing.join(", ")}.`,
    id,
  );
}

async function changeRelease(
  { ecs }: LockDeps,
  { release, schema, snapshot }: { release: string; schema: Schema; snapshot: string },
  history: History,
): Promise<Releases> {
  const to = history.releases.find(({ deployment }) => deployment === release);
  if (!to || !history.current) throw refused(`Deployment ${release} did not create a release.`, snapshot);
  if (missingIn(schema, release, history).length > 0)
    throw refused(`The release of deployment ${release} does not run on the schema of snapshot ${snapshot}.`, snapshot);
  const { taskDefinitionArn: taskDefinition } = to;
  const { taskDefinition: described } = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition }));
  if (described?.status !== "ACTIVE")
    throw refused(`Task definition ${taskDefinition} of the release was deregistered.`, snapshot);
  return { from: referenceTo(history.current), to: referenceTo(to) };
}

function referenceTo({ deployment, commit, taskDefinitionArn }: NonNullable<RestoreRecord["to"]>) {
  return { deployment, commit, taskDefinitionArn };
}

function refused(reason: string, snapshot: string): RestoreFailed {
  return new RestoreFailed(
    `${reason} Nothing was changed.\nFix: assess the snapshot again, which shows how it can be restored. Run: lockstep restore ${snapshot}`,
  );
}

function describeHolder({ deployment, holder }: LockRecord): string {
  return deployment === undefined ? `execution ${holder}` : `deployment ${deployment}`;
}

function frozen({ reason, since }: NonNullable<LockRecord["frozen"]>, { restore }: RestoreRecord): RestoreFailed {
  return new RestoreFailed(
    [
      `The stage has been frozen since ${since}: ${reason} Nothing was changed.`,
      `Fix: check what is live (lockstep status), unfreeze the stage with lockstep unlock, then run: lockstep redrive ${restore}`,
    ].join("\n"),
  );
}
