import { outcomeOf } from "../../../cli/stage/outcomes.ts";
import {
  currentRelease,
  type DeploymentItem,
  listDeployments,
  listQueue,
  listRollbacks,
  readLock,
  type RollbackItem,
} from "../../../cli/stage/records.ts";
import type { StageContext } from "../stages.ts";
import { requireDeployment } from "./require-deployment.ts";
import { type DeploymentRow, rowOf } from "./deployments.ts";
import { type ExecutionHistory, readSteps } from "./steps.ts";

/** Everything on the page of one deployment. */
export interface DeploymentDetail {
  row: DeploymentRow;
  /** Who redrove it. */
  redrives: { by: string; at: string }[];
  execution: string;
  failure: { step: string; error: string; cause: string } | null;
  waitsFor: string | null;
  notes: string[];
  pending: string[];
  snapshot: string | null;
  approval: DeploymentItem["approval"] | null;
  approvalRequest: DeploymentItem["approvalRequest"] | null;
  supersededBy: string | null;
  history: ExecutionHistory;
  rollback: { id: string; outcome: string; explanation: string | null; history: ExecutionHistory } | null;
  /** Median seconds of each step in earlier successful deployments. */
  medians: Record<string, number>;
}

export async function deploymentDetail(context: StageContext, id: string): Promise<DeploymentDetail> {
  const { clients, stage } = context;
  const item = await requireDeployment(context, id);
  const [live, lock, queue, rollbacks, earlier, history] = await Promise.all([
    currentRelease(clients, stage),
    readLock(clients, stage),
    listQueue(clients, stage),
    listRollbacks(clients, stage),
    listDeployments(clients, stage, 20),
    readSteps(clients, item.execution),
  ]);
  const state = { live: live?.deployment, lock, queue };
  const rollback = rollbacks.find(({ rollback }) => rollback === item.rollback?.id);
  return {
    row: rowOf(item, outcomeOf(item, state), live?.deployment),
    redrives: item.redrives ?? [],
    execution: item.execution,
    failure: item.failure ?? null,
    waitsFor: item.waitsFor ?? null,
    notes: item.plan?.notes ?? [],
    pending: item.plan?.pending ?? [],
    snapshot: item.snapshot?.id ?? null,
    approval: item.approval ?? null,
    approvalRequest: item.approvalRequest ?? null,
    supersededBy: item.supersededBy ?? null,
    history,
    rollback: rollback ? await rollbackOf(context, rollback) : null,
    medians: mediansOf(earlier.filter(({ deployment, status }) => status === "succeeded" && deployment !== id)),
  };
}

async function rollbackOf({ clients }: StageContext, item: RollbackItem): Promise<DeploymentDetail["rollback"]> {
  return {
    id: item.rollback,
    outcome: item.status,
    explanation: item.explanation ?? null,
    history: await readSteps(clients, item.execution),
  };
}

function mediansOf(items: readonly DeploymentItem[]): Record<string, number> {
  const durations = new Map<string, number[]>();
  for (const { steps } of items) {
    for (const [name, { startedAt, endedAt }] of Object.entries(steps)) {
      if (endedAt === undefined) continue;
      const seconds = (Date.parse(endedAt) - Date.parse(startedAt)) / 1000;
      durations.set(name, [...(durations.get(name) ?? []), seconds]);
    }
  }
  return Object.fromEntries([...durations].map(([name, seconds]) => [name, median(seconds)]));
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}
