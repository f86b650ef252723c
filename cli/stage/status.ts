import { readableCause } from "../../lambdas/core/readable-cause.ts";
import { oneLine } from "../terminal/text.ts";
import { type Addresses, readAddresses } from "./addresses.ts";
import type { Clients } from "./clients.ts";
import { currentStep, describeOutcome, holderOf, outcomeOf, runningRollback, type StageState } from "./outcomes.ts";
import { executionProgress } from "./progress.ts";
import {
  currentRelease,
  type DeploymentItem,
  ignoredPushes,
  listDeployments,
  listQueue,
  listRollbacks,
  type PushItem,
  readLock,
  type RollbackItem,
} from "./records.ts";
import { type Readiness, readReadiness } from "./readiness.ts";
import type { Stage } from "./stage.ts";

/** What `lockstep status --json` prints. */
export interface Status extends Addresses {
  stage: string;
  endpoint: string | null;
  live: { commit: string; imageDigest: string; deployedAt: string } | null;
  deployment: {
    id: string;
    commit: string;
    status: string;
    step: string | null;
    /** What the step is waiting for; null while it acts. */
    waitsFor: string | null;
    /** The first line of why it failed. */
    failure: string | null;
    /** Warnings of Plan. */
    notes: string[];
  } | null;
  /** Deployments that wait for the lock, in order. */
  queue: { deployment: string; commit: string; behind: string }[];
  /** The outcome of the last pushes, the newest first. */
  pushes: PushOutcome[];
  /** A deployment that waits for approval. */
  approval: { deployment: string; commit: string; until: string } | null;
  /** The running rollback; `waitsFor` is null while its step acts. */
  rollback: RollbackStatus | null;
  /** The last deployment, if it was rolled back, and why: for an alarm, the requests that triggered it. */
  rolledBack: { deployment: string; reason: string } | null;
  /** Whether a rollback to the release before the live one can work; `null` before the first release. */
  readiness: Readiness | null;
  /** Why no deployment gets the lock until the stage is unlocked. */
  frozen: { reason: string; since: string; holder: string } | null;
}

interface RollbackStatus {
  id: string;
  from: string | null;
  to: string | null;
  startedAt: string;
  step: string | null;
  stepStartedAt: string | null;
  waitsFor: string | null;
  next: string | null;
}

/** The outcome of a push, or of `lockstep deploy`. */
export interface PushOutcome {
  at: string;
  /** `null` if it started no deployment. */
  deployment: string | null;
  reference: string;
  commit: string | null;
  outcome: string;
}

const shownPushes = 5;

export async function readStatus(clients: Clients, stage: Stage, showSecrets = false): Promise<Status> {
  const [addresses, deployments, live, lock, queue, ignored, rollbacks, readiness] = await Promise.all([
    readAddresses(clients, stage, showSecrets),
    listDeployments(clients, stage),
    currentRelease(clients, stage),
    readLock(clients, stage),
    listQueue(clients, stage),
    ignoredPushes(clients, stage),
    listRollbacks(clients, stage),
    readReadiness(clients, stage),
  ]);
  const state: StageState = { live: live?.deployment, lock, queue };
  const pending = deployments.find((item) => outcomeOf(item, state).kind === "awaiting approval");
  const rollback = runningRollback(rollbacks, lock);
  return {
    stage: stage.name,
    ...addresses,
    endpoint: clients.local?.endpoint ?? null,
    live: live ? { commit: live.commit, imageDigest: live.imageDigest, deployedAt: live.deployedAt } : null,
    deployment: await progressOf(clients, deployments[0]),
    queue: queue.map(({ deployment, commit }, place) => ({
      deployment,
      commit,
      behind: queue[place - 1]?.deployment ?? holderOf(lock),
    })),
    pushes: lastPushes(deployments, ignored, state),
    approval: pending?.approvalRequest
      ? { deployment: pending.deployment, commit: pending.commit, until: pending.approvalRequest.until }
      : null,
    rollback: rollback ? statusOf(rollback) : null,
    rolledBack: lastRolledBack(deployments[0], rollbacks),
    readiness: readiness ?? null,
    frozen: lock.frozen ? { reason: lock.frozen.reason, since: lock.frozen.since, holder: holderOf(lock) } : null,
  };
}

const nextOf: Readonly<Record<string, string>> = {
  Assess: "decide what has to be undone",
  "Restore traffic": "probe production",
  Probe: "record the outcome and release the lock",
};

function statusOf(rollback: RollbackItem): RollbackStatus {
  const { from, to, startedAt, waitsFor = null } = rollback;
  const [step, timing] = currentStep(rollback) ?? [];
  return {
    id: rollback.rollback,
    from: from?.deployment ?? null,
    to: to?.deployment ?? null,
    startedAt,
    step: step ?? null,
    stepStartedAt: timing?.startedAt ?? null,
    waitsFor,
    next: nextOf[step ?? ""] ?? null,
  };
}

/** Also for a deployment that succeeded: an alarm may roll it back later. */
export function lastRolledBack(
  last: DeploymentItem | undefined,
  rollbacks: readonly RollbackItem[],
): Status["rolledBack"] {
  if (last?.rollback?.outcome !== "rolled-back") return null;
  const { deployment, failure, rollback } = last;
  const explanation = rollbacks.find((item) => item.rollback === rollback.id)?.explanation;
  const lines = (explanation ?? failure?.cause ?? "").split("\n");
  const reason = lines.find((line) => line.startsWith("Alarm ")) ?? lines[0] ?? "";
  return { deployment, reason: reason === "" ? "no reason recorded" : reason };
}

async function progressOf(clients: Clients, newest: DeploymentItem | undefined): Promise<Status["deployment"]> {
  if (!newest) return null;
  const { deployment: id, commit, execution, plan, waitsFor, failure } = newest;
  const { status, steps, last } = await executionProgress(clients, execution);
  const outcome = last === "Superseded" ? "superseded" : status.toLowerCase();
  const step = status === "SUCCEEDED" ? null : (steps.at(-1)?.name ?? null);
  return {
    id,
    commit,
    status: outcome,
    step,
    waitsFor: (status === "RUNNING" && waitsFor) || null,
    failure: (status !== "RUNNING" && readableCause(failure?.cause ?? "").split("\n")[0]) || null,
    notes: plan?.notes ?? [],
  };
}

/** The newest first, including pushes that started no deployment. */
export function lastPushes(
  deployments: readonly DeploymentItem[],
  ignored: readonly PushItem[],
  state: StageState,
): PushOutcome[] {
  const deployed = deployments.map((item) => ({
    at: item.createdAt,
    deployment: item.deployment,
    reference: item.configOnly ? "configuration only" : `branch ${item.branch ?? "of the stage"}`,
    commit: item.commit,
    outcome: describeOutcome(outcomeOf(item, state)),
  }));
  const refused = ignored.map(({ pushedAt, reference, commit, reason }) => ({
    at: pushedAt,
    deployment: null,
    reference: oneLine(reference),
    commit: commit ?? null,
    outcome: describeOutcome({ kind: "refused", reason }),
  }));
  return [...deployed, ...refused].sort((a, b) => b.at.localeCompare(a.at)).slice(0, shownPushes);
}
