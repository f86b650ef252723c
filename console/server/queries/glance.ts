import {
  currentStep,
  describeOutcome,
  holderOf,
  outcomeOf,
  runningRollback,
  type StageState,
} from "../../../cli/stage/outcomes.ts";
import {
  currentRelease,
  type DeploymentItem,
  listDeployments,
  listQueue,
  listRollbacks,
  readLock,
} from "../../../cli/stage/records.ts";
import { titleOf } from "../../../cli/terminal/text.ts";
import type { StageContext } from "../stages.ts";
import { listAlarms } from "./alarms.ts";

/** One stage in one line. */
export interface Glance {
  stage: string;
  live: { deployment: string; commit: string; title: string; since: string } | null;
  /** The newest deployment that has not ended. */
  running: {
    deployment: string;
    title: string;
    outcome: string;
    step: string | null;
    stepSince: string | null;
    waitsFor: string | null;
  } | null;
  rollback: { id: string; from: string | null; to: string | null; step: string | null; waitsFor: string | null } | null;
  /** Deployments that wait for the lock, in order. */
  waiting: { deployment: string; title: string; since: string }[];
  approval: { deployment: string; until: string } | null;
  frozen: { reason: string; since: string; holder: string } | null;
  /** `generation` changes whenever the lock changes hands. */
  lock: { generation: number; holder: string | null; since: string | null };
  /** Names of alarms that are in alarm; null if they cannot be read. */
  alarms: string[] | null;
}

export async function glance({ clients, stage }: StageContext): Promise<Glance> {
  const [deployments, live, lock, queue, rollbacks, alarms] = await Promise.all([
    listDeployments(clients, stage),
    currentRelease(clients, stage),
    readLock(clients, stage),
    listQueue(clients, stage),
    listRollbacks(clients, stage),
    listAlarms({ clients, stage }).catch(() => null),
  ]);
  const state: StageState = { live: live?.deployment, lock, queue };
  const rollback = runningRollback(rollbacks, lock);
  const pending = deployments.find((item) => outcomeOf(item, state).kind === "awaiting approval");
  return {
    stage: stage.name,
    live: live
      ? {
          deployment: live.deployment,
          commit: live.commit,
          title: titleOf(deployments.find(({ deployment }) => deployment === live.deployment)?.message),
          since: live.deployedAt,
        }
      : null,
    running: runningOf(deployments, state),
    rollback: rollback
      ? {
          id: rollback.rollback,
          from: rollback.from?.deployment ?? null,
          to: rollback.to?.deployment ?? null,
          step: currentStep(rollback)?.[0] ?? null,
          waitsFor: rollback.waitsFor ?? null,
        }
      : null,
    waiting: queue.map(({ deployment, enqueuedAt }) => ({
      deployment,
      title: titleOf(deployments.find((item) => item.deployment === deployment)?.message),
      since: enqueuedAt,
    })),
    approval: pending?.approvalRequest
      ? { deployment: pending.deployment, until: pending.approvalRequest.until }
      : null,
    frozen: lock.frozen ? { reason: lock.frozen.reason, since: lock.frozen.since, holder: holderOf(lock) } : null,
    lock: {
      generation: lock.generation,
      holder: lock.holder === undefined ? null : holderOf(lock),
      since: lock.takenAt ?? null,
    },
    alarms: alarms?.filter(({ state: value }) => value === "ALARM").map(({ name }) => name) ?? null,
  };
}

function runningOf(deployments: readonly DeploymentItem[], state: StageState): Glance["running"] {
  const holder = deployments.find(({ execution }) => execution === state.lock.holder);
  const item = [holder, ...deployments].find((one) => one?.status === "running");
  if (!item) return null;
  const [step, timing] = currentStep(item) ?? [];
  return {
    deployment: item.deployment,
    title: titleOf(item.message),
    outcome: describeOutcome(outcomeOf(item, state)),
    step: step ?? null,
    stepSince: timing?.startedAt ?? null,
    waitsFor: item.waitsFor ?? null,
  };
}
