import type { CodeDeployClient } from "@aws-sdk/client-codedeploy";
import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import type { Deps } from "../core/journal.ts";
import { freezeLock, leaveQueue, settleQueue } from "../core/lock.ts";
import { notify } from "../core/notice.ts";
import { readableCause, shorten } from "../core/readable-cause.ts";
import { deploymentKey, type DeploymentRecord, latestStep, loadRecord } from "../core/record.ts";
import { stopRedeployment } from "../rollback/find-redeployment.ts";
import { loadRollback, rollbackKey } from "../rollback/record.ts";
import type { TrafficSettings } from "../traffic/traffic.ts";
import type { ExecutionEnded } from "./resume/contract.ts";

/** An execution of the deploy machine failed: updates its record, and gives the lock to a waiting push if it is free. */
export async function deploymentEnded(deps: Deps, ended: ExecutionEnded): Promise<void> {
  const record = await loadRecord(deps.table, ended.name);
  // An event that arrives after a redrive is about an earlier attempt.
  if (record?.execution === ended.executionArn && record.attempt === (ended.redriveCount ?? 0)) {
    if (record.status === "running" || record.status === "failed") await markFailed(deps, record, ended);
    if (!(await deps.machine.isRunning(ended.executionArn))) await leaveQueue(deps.table, record);
  }
  await settleQueue(deps);
  await deps.announce?.(ended.name);
}

interface Ending {
  readonly status: string;
  readonly error?: string | null | undefined;
  readonly cause?: string | null | undefined;
}

/** Ends that no step brings about. */
const stopped = new Set(["ABORTED", "TIMED_OUT"]);

/** Steps record their own failures; this is for an execution that was aborted, or ran out of time or retries. */
export async function markFailed(
  { table, clock }: Pick<Deps, "table" | "clock">,
  record: DeploymentRecord,
  ended: Ending,
): Promise<void> {
  const failure = {
    step: latestStep(record) ?? "Acquire lock",
    error: ended.error ?? ended.status,
    cause: readableCause(ended.cause ?? `The execution ended with status ${ended.status}.`),
  };
  const changes = { status: "failed", failure, endedAt: clock.now().toISOString() };
  const { deployment, attempt } = record;
  if (await table.patch(deploymentKey(deployment), changes, { status: "running", attempt })) return;
  // The abort is the cause, also if the failure of the build that it stopped was recorded first.
  if (!stopped.has(ended.status)) return;
  await table.patch(deploymentKey(deployment), changes, { status: "failed", attempt });
}

export interface FailedHolder {
  readonly execution: string;
  readonly name: string;
  readonly status: string;
  readonly error: string;
  readonly cause: string;
}

interface FreezeDeps extends Pick<Deps, "table" | "clock"> {
  readonly codeDeploy: CodeDeployClient;
  readonly eventBridge: EventBridgeClient;
  readonly settings: TrafficSettings & { readonly STAGE: string };
}

/** A rollback or a restore failed: no deployment gets the lock until a person has checked the stage. */
export async function freezeStage(deps: FreezeDeps, holder: FailedHolder): Promise<void> {
  const { table, clock, settings } = deps;
  const { execution, name, status, error } = holder;
  const cause = shorten(readableCause(holder.cause));
  const reason = `${error}: ${cause}`;
  const unlock = `lockstep unlock --stage ${settings.STAGE}`;
  // Published before it is recorded: twice is better than never.
  await notify(deps.eventBridge, "Lockstep Stage Frozen", { stage: settings.STAGE, execution, reason, unlock });
  await freezeLock(deps, { execution, reason });
  const record = await loadRollback(table, name);
  if (record?.execution !== execution) return; // a restore has a record of its own
  if (status === "ABORTED") await stopRedeployment(deps, record);
  const failure = { step: latestStep(record) ?? "Assess", error, cause };
  await table.patch(rollbackKey(name), { status: "failed", failure, endedAt: clock.now().toISOString() });
  if (record.from) {
    await table.patch(deploymentKey(record.from.deployment), { rollback: { id: name, outcome: "failed" } });
  }
}
