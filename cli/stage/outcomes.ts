import type { DeploymentItem, LockItem, QueueItem } from "./records.ts";
import { shortId } from "../terminal/text.ts";

/** What became of a deployment, or is becoming of it. */
export type Fate =
  | { kind: "deployed" }
  | { kind: "superseded"; by: string }
  /** Failed before users saw anything of it; `migrated` when the database may have. */
  | { kind: "failed"; migrated: boolean }
  | { kind: "refused"; reason: string }
  | { kind: "rolling back" }
  | { kind: "rolled back" }
  | { kind: "rollback failed" }
  | { kind: "running"; step: string }
  | { kind: "waiting"; behind: string }
  | { kind: "asking"; until: string };

/** What stands around a deployment in the table, as far as it decides what became of it. */
export interface Surroundings {
  /** Deployment of the current release. */
  live?: string | undefined;
  lock: LockItem;
  /** In the order of their coming. */
  queue: readonly QueueItem[];
}

export function fateOf(item: DeploymentItem, around: Surroundings): Fate {
  if (item.status === "superseded") return { kind: "superseded", by: item.supersededBy ?? "a newer push" };
  if (item.status === "succeeded" && item.deployment === around.live) return { kind: "deployed" };
  const outcome = currentRollback(item)?.outcome;
  if (outcome === "running") return { kind: "rolling back" };
  if (outcome === "rolled-back") return { kind: "rolled back" };
  if (outcome === "failed") return { kind: "rollback failed" };
  if (item.status === "succeeded") return { kind: "deployed" };
  if (item.status === "running") return running(item, around);
  if (item.failure?.error === "ReleaseOutdated") return { kind: "refused", reason: "a newer release came first" };
  // It still holds the lock: the machine that looks for what has to be undone is about to take it over.
  return outcome === undefined && around.lock.holder === item.execution ? { kind: "rolling back" } : failed(item);
}

const failed = ({ migration }: DeploymentItem): Fate => ({
  kind: "failed",
  migrated: migration?.taskArn !== undefined,
});

/** A rollback of an attempt before the last redrive says nothing about the deployment any more. */
function currentRollback({ rollback, attempt }: DeploymentItem): DeploymentItem["rollback"] {
  const redriveCount = /-r(\d+)$/.exec(rollback?.id ?? "")?.[1];
  return redriveCount !== undefined && Number(redriveCount) < attempt ? undefined : rollback;
}

function running(item: DeploymentItem, { lock, queue }: Surroundings): Fate {
  const place = queue.findIndex(({ deployment }) => deployment === item.deployment);
  if (place >= 0) return { kind: "waiting", behind: queue[place - 1]?.deployment ?? holderOf(lock) };
  const step = stepOf(item);
  const { approval, approvalRequest } = item;
  if (step === "Approve" && approvalRequest && !approval) return { kind: "asking", until: approvalRequest.until };
  return { kind: "running", step };
}

/** The step that began last and has not ended. */
function stepOf({ steps }: DeploymentItem): string {
  const open = Object.entries(steps).filter(([, { endedAt }]) => endedAt === undefined);
  return open.sort(([, a], [, b]) => b.startedAt.localeCompare(a.startedAt))[0]?.[0] ?? "the next step";
}

export function holderOf({ deployment, holder, frozen }: LockItem): string {
  if (deployment !== undefined) return deployment;
  const execution = holder?.split(":").slice(-2).join(" ");
  return execution ?? (frozen ? "a freeze" : "nobody");
}

/** The one way in which every command puts it. */
export function tellFate(fate: Fate): string {
  if (fate.kind === "superseded") return `superseded by ${shortId(fate.by)}`;
  if (fate.kind === "waiting") return `waiting behind ${shortId(fate.behind)}`;
  if (fate.kind === "running") return `running: ${fate.step}`;
  if (fate.kind === "refused") return `refused: ${fate.reason}`;
  if (fate.kind === "asking") return "waiting for approval";
  if (fate.kind !== "failed") return fate.kind;
  return fate.migrated ? "failed, no traffic was moved; its migrations had begun" : "failed, nothing was changed";
}

export const fateColours = {
  deployed: "green",
  superseded: "dim",
  failed: "red",
  refused: "dim",
  "rolling back": "yellow",
  "rolled back": "yellow",
  "rollback failed": "red",
  running: "yellow",
  waiting: "yellow",
  asking: "yellow",
} as const;
