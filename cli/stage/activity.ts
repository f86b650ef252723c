import type { Clients } from "./clients.ts";
import { fateOf, holderOf, type Surroundings, tellFate } from "./outcomes.ts";
import type { Stage } from "./stage.ts";
import {
  currentRelease,
  type DeploymentItem,
  ignoredPushes,
  listDeployments,
  listQueue,
  listRollbacks,
  type PushItem,
  readLock,
} from "./records.ts";
import type { Status } from "./status.ts";
import { oneLine } from "../terminal/text.ts";

/** What became of a push, or of what a person had deployed. */
export interface PushFate {
  at: string;
  /** None when no deployment followed. */
  deployment: string | null;
  reference: string;
  commit: string | null;
  outcome: string;
}

const shownPushes = 5;

/** What is going on at the stage, and what came of what went on last. */
export async function readActivity(
  clients: Clients,
  stage: Stage,
): Promise<Pick<Status, "queue" | "pushes" | "approval" | "rollback" | "frozen">> {
  const [deployments, live, lock, queue, ignored, rollbacks] = await Promise.all([
    listDeployments(clients, stage),
    currentRelease(clients, stage),
    readLock(clients, stage),
    listQueue(clients, stage),
    ignoredPushes(clients, stage),
    listRollbacks(clients, stage),
  ]);
  const around: Surroundings = { live: live?.deployment, lock, queue };
  const asking = deployments.find((item) => fateOf(item, around).kind === "asking");
  const rollback = rollbacks.find(({ status, execution }) => status === "running" && execution === lock.holder);
  return {
    queue: queue.map(({ deployment, commit }, place) => {
      return { deployment, commit, behind: queue[place - 1]?.deployment ?? holderOf(lock) };
    }),
    pushes: lastPushes(deployments, ignored, around),
    approval: asking?.approvalRequest
      ? { deployment: asking.deployment, commit: asking.commit, until: asking.approvalRequest.until }
      : null,
    rollback: rollback
      ? {
          id: rollback.rollback,
          from: rollback.from?.deployment ?? null,
          to: rollback.to?.deployment ?? null,
          startedAt: rollback.startedAt,
        }
      : null,
    frozen: lock.frozen ? { reason: lock.frozen.reason, since: lock.frozen.since, holder: holderOf(lock) } : null,
  };
}

/** The newest first, those that no deployment followed among them. */
export function lastPushes(
  deployments: readonly DeploymentItem[],
  ignored: readonly PushItem[],
  around: Surroundings,
): PushFate[] {
  const deployed = deployments.map((item) => ({
    at: item.createdAt,
    deployment: item.deployment,
    reference: `branch ${item.branch ?? "of the stage"}`,
    commit: item.commit,
    outcome: tellFate(fateOf(item, around)),
  }));
  const refused = ignored.map(({ pushedAt, reference, commit, reason }) => ({
    at: pushedAt,
    deployment: null,
    reference: oneLine(reference),
    commit: commit ?? null,
    outcome: tellFate({ kind: "refused", reason }),
  }));
  return [...deployed, ...refused].sort((a, b) => b.at.localeCompare(a.at)).slice(0, shownPushes);
}
