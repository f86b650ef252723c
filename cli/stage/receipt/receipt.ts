import { secondsBetween, titleOf } from "../../terminal/text.ts";
import type { Clients } from "../clients.ts";
import { describeOutcome, outcomeOf, type StageState } from "../outcomes.ts";
import { executionProgress, type ExecutionProgress } from "../progress.ts";
import { type DeploymentItem, listRollbacks, type RollbackItem } from "../records.ts";
import type { Stage } from "../stage.ts";
import { type Cost, costOf } from "./cost.ts";
import { readShiftTraffic, type ShiftTraffic } from "./traffic.ts";
import { readUsage } from "./usage.ts";

/** What a deployment did, and what it cost. `lockstep receipt --json` prints it. */
export interface Receipt {
  deployment: string;
  commit: string;
  title: string;
  author: string | null;
  startedBy: string | null;
  outcome: string;
  startedAt: string;
  endedAt: string | null;
  imageDigest: string | null;
  migrations: string[];
  snapshot: string | null;
  approval: { decision: string; by: string; at: string; reason: string | null } | null;
  /** In order; a step that was started over is there once for each time. */
  steps: { name: string; startedAt: string; seconds: number | null; failed: boolean }[];
  /** Of the deploy machine and, if there was one, of the rollback. */
  stateTransitions: number;
  traffic: ShiftTraffic | null;
  /** `seconds`: from its start until traffic was back; null if it did not have to be moved. */
  rollback: { id: string; outcome: string; seconds: number | null } | null;
  cost: Cost;
  /** In a local cloud the cost is what AWS would have charged for the same, and configured waits may run faster. */
  isLocal: boolean;
}

export async function readReceipt(
  clients: Clients,
  stage: Stage,
  { item, state }: { item: DeploymentItem; state: StageState },
): Promise<Receipt> {
  const rollback = (await listRollbacks(clients, stage)).find(({ rollback }) => rollback === item.rollback?.id);
  const [progress, undone, traffic] = await Promise.all([
    executionProgress(clients, item.execution),
    rollback && executionProgress(clients, rollback.execution),
    readShiftTraffic(clients, stage, item),
  ]);
  const stateTransitions = progress.transitions + (undone?.transitions ?? 0);
  const usage = await readUsage(clients, stage, { item, stateTransitions });
  return {
    ...identityOf(item),
    outcome: describeOutcome(outcomeOf(item, state)),
    steps: stepsOf(progress),
    stateTransitions,
    traffic: traffic ?? null,
    rollback: rollback ? describeRollback(rollback) : null,
    cost: costOf(usage),
    isLocal: clients.local !== undefined,
  };
}

function identityOf(item: DeploymentItem) {
  const { deployment, commit, author = null, requestedBy = null, approval, createdAt, endedAt = null } = item;
  return {
    deployment,
    commit,
    title: titleOf(item.message),
    author,
    startedBy: requestedBy,
    startedAt: createdAt,
    endedAt,
    imageDigest: item.image?.digest ?? null,
    migrations: item.migration?.taskArn === undefined ? [] : (item.plan?.pending ?? []),
    snapshot: item.snapshot?.id ?? null,
    approval: approval
      ? { decision: approval.decision, by: approval.by, at: approval.at, reason: approval.reason ?? null }
      : null,
  };
}

function stepsOf({ steps }: ExecutionProgress): Receipt["steps"] {
  return steps.map(({ name, startedAt, endedAt, failed = false }) => ({
    name,
    startedAt: startedAt.toISOString(),
    seconds: endedAt ? (endedAt.getTime() - startedAt.getTime()) / 1000 : null,
    failed,
  }));
}

function describeRollback({ rollback: id, status: outcome, startedAt, steps }: RollbackItem): Receipt["rollback"] {
  const restoredAt = steps["Restore traffic"]?.endedAt;
  return { id, outcome, seconds: restoredAt === undefined ? null : secondsBetween(startedAt, restoredAt) };
}
