import { shortId, titleOf } from "../terminal/text.ts";
import type { DeploymentItem, LockItem, QueueItem, RollbackItem } from "./records.ts";

/** How a deployment ended, or what it is doing now. */
export type Outcome =
  | { kind: "deployed" }
  | { kind: "superseded"; by: string }
  /** Failed before traffic shifted; `migrated` if migrations may have changed the database. */
  | { kind: "failed"; migrated: boolean }
  | { kind: "refused"; reason: string }
  /** Failed with the lock: what it changed is not known before the rollback has assessed the stage. */
  | { kind: "rollback pending" }
  | { kind: "rolling back" }
  | { kind: "rolled back" }
  | { kind: "rollback failed" }
  | { kind: "running"; step: string }
  | { kind: "waiting"; behind: string }
  /** Until the stage is unlocked. */
  | { kind: "held" }
  | { kind: "awaiting approval" };

/** The stage's state that a deployment's outcome depends on. */
export interface StageState {
  /** Deployment of the live release. */
  live?: string | undefined;
  lock: LockItem;
  /** In queue order. */
  queue: readonly QueueItem[];
}

export function outcomeOf(item: DeploymentItem, state: StageState): Outcome {
  if (item.status === "superseded") return { kind: "superseded", by: item.supersededBy ?? "a newer push" };
  if (item.status === "succeeded" && item.deployment === state.live) return { kind: "deployed" };
  const rollback = currentRollback(item)?.outcome;
  if (rollback === "running") return { kind: "rolling back" };
  if (rollback === "rolled-back") return { kind: "rolled back" };
  if (rollback === "failed") return { kind: "rollback failed" };
  if (item.status === "succeeded") return { kind: "deployed" };
  if (item.status === "running") return running(item, state);
  if (item.failure?.error === "ReleaseOutdated")
    return { kind: "refused", reason: "a newer release was deployed first" };
  // The lock passes from the deployment to its rollback, and keeps naming the deployment.
  const { holder, deployment, frozen } = state.lock;
  const isRollbackDue = rollback === undefined && (holder === item.execution || deployment === item.deployment);
  if (isRollbackDue) return { kind: frozen ? "rollback failed" : "rollback pending" };
  return { kind: "failed", migrated: item.migration?.taskArn !== undefined };
}

/** A rollback from before the last redrive no longer says anything about the deployment. */
function currentRollback({ rollback, attempt }: DeploymentItem): DeploymentItem["rollback"] {
  const redriveCount = /-r(\d+)$/.exec(rollback?.id ?? "")?.[1];
  return redriveCount !== undefined && Number(redriveCount) < attempt ? undefined : rollback;
}

function running(item: DeploymentItem, { lock, queue }: StageState): Outcome {
  const place = queue.findIndex(({ deployment }) => deployment === item.deployment);
  if (place === 0 && lock.frozen) return { kind: "held" };
  if (place >= 0) return { kind: "waiting", behind: queue[place - 1]?.deployment ?? holderOf(lock) };
  const step = currentStep(item)?.[0] ?? "between steps";
  const { approval, approvalRequest } = item;
  return step === "Approve" && approvalRequest && !approval ? { kind: "awaiting approval" } : { kind: "running", step };
}

/** The step that started last and has not ended. */
export function currentStep({ steps }: Pick<DeploymentItem, "steps">) {
  const open = Object.entries(steps).filter(([, { endedAt }]) => endedAt === undefined);
  return open.sort(([, a], [, b]) => b.startedAt.localeCompare(a.startedAt))[0];
}

/** The rollback that holds the lock and has not ended. */
export function runningRollback(rollbacks: readonly RollbackItem[], lock: LockItem): RollbackItem | undefined {
  return rollbacks.find(({ status, execution }) => status === "running" && execution === lock.holder);
}

/** Who keeps others from the stage: a deployment, another execution as `<machine> <name>`, or a freeze. */
export function holderOf({ deployment, holder, frozen }: LockItem): string {
  if (deployment !== undefined) return deployment;
  const execution = holder?.split(":").slice(-2).join(" ");
  return execution ?? (frozen ? "a freeze" : "no holder");
}

/** The words that every command uses for an outcome. */
export function describeOutcome(outcome: Outcome): string {
  if (outcome.kind === "superseded") return `superseded by ${shortId(outcome.by)}`;
  if (outcome.kind === "waiting") return `waiting behind ${shortId(outcome.behind)}`;
  if (outcome.kind === "held") return "waiting: the stage is frozen";
  if (outcome.kind === "running") return `running: ${outcome.step}`;
  if (outcome.kind === "refused") return `refused: ${outcome.reason}`;
  if (outcome.kind === "awaiting approval") return "waiting for approval";
  if (outcome.kind === "rollback pending") return "failed; rollback is being decided";
  if (outcome.kind !== "failed") return outcome.kind;
  return outcome.migrated ? "failed before traffic shifted; migrations had started" : "failed; production unchanged";
}

/** What a deployment deploys: a commit, or only the configuration. */
export function describeTitle({ configOnly, message }: Pick<DeploymentItem, "configOnly" | "message">): string {
  return configOnly ? `configuration only: ${titleOf(message)}` : titleOf(message);
}

export const outcomeColours = {
  deployed: "green",
  superseded: "dim",
  failed: "red",
  refused: "dim",
  "rollback pending": "yellow",
  "rolling back": "yellow",
  "rolled back": "yellow",
  "rollback failed": "red",
  running: "yellow",
  waiting: "yellow",
  held: "yellow",
  "awaiting approval": "yellow",
} as const;
