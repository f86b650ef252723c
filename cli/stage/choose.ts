import { earlierGoodRelease } from "../../lambdas/rollback/readiness/facts.ts";
import { UsageError } from "../errors.ts";
import { shortId } from "../terminal/text.ts";
import { holderOf, runningRollback } from "./outcomes.ts";
import type { DeploymentItem, LockItem, ReleaseItem, RollbackItem } from "./records.ts";

type Kind = "deployment" | "release";

/** The only item whose id or commit starts with `id`. */
export function pick<Item extends { deployment: string; commit: string }>(
  items: readonly Item[],
  id: string,
  kind: Kind,
): Item {
  const exact = items.find(({ deployment }) => deployment === id);
  if (exact) return exact;
  const matches = items.filter(({ deployment, commit }) => deployment.startsWith(id) || commit.startsWith(id));
  const [only] = matches;
  if (only && matches.length === 1) return only;
  if (matches.length > 1) throw new UsageError(`"${id}" matches several ${kind}s. Fix: give one of:${list(matches)}`);
  const newest = items.length === 0 ? `There are no ${kind}s.` : `The newest are:${list(items)}`;
  throw new UsageError(`No ${kind} matches "${id}". ${newest}`);
}

const list = (items: readonly { deployment: string }[]) =>
  items
    .slice(0, 5)
    .map(({ deployment }) => `\n  ${deployment}`)
    .join("");

/** The deployment to resume: the given one, else the last that failed. */
export function redriveTarget(deployments: readonly DeploymentItem[], id: string | undefined): DeploymentItem {
  if (id !== undefined) return pick(deployments, id, "deployment");
  const failed = deployments.find(({ status }) => status === "failed");
  if (failed) return failed;
  throw new UsageError("No deployment has failed, so there is nothing to resume. Run: lockstep releases");
}

export type AbortTarget =
  | { readonly kind: "deployment"; readonly item: DeploymentItem }
  | { readonly kind: "rollback"; readonly item: RollbackItem };

interface Running {
  deployments: readonly DeploymentItem[];
  rollbacks: readonly RollbackItem[];
  lock: LockItem;
}

/** The deployment or rollback to stop: the given one, else the one that holds the lock, else the only running deployment. */
export function abortTarget({ deployments, rollbacks, lock }: Running, id: string | undefined): AbortTarget {
  const rollback = runningRollback(rollbacks, lock);
  if (rollback && (id === undefined || id === rollback.rollback)) return { kind: "rollback", item: rollback };
  return { kind: "deployment", item: runningDeployment(deployments, lock, id) };
}

function runningDeployment(
  deployments: readonly DeploymentItem[],
  lock: LockItem,
  id: string | undefined,
): DeploymentItem {
  if (id !== undefined) return pick(deployments, id, "deployment");
  const running = deployments.filter(({ status }) => status === "running");
  const holder = running.find(({ execution }) => execution === lock.holder);
  const [only] = running;
  if (holder) return holder;
  if (only && running.length === 1) return only;
  if (running.length > 1) throw new UsageError(`Several deployments are waiting. Fix: give one of:${list(running)}`);
  const held = lock.holder === undefined ? "" : ` The lock is held by ${holderOf(lock)}, which is neither.`;
  throw new UsageError(`No deployment or rollback is running.${held}`);
}

/** The release to return to: the given one, else the last good one before the live release. */
export function rollbackTarget(
  releases: readonly ReleaseItem[],
  live: ReleaseItem | undefined,
  id: string | undefined,
): ReleaseItem {
  if (!live) throw new UsageError("No release is live yet, so there is nothing to roll back.");
  if (id !== undefined) {
    const release = pick(releases, id, "release");
    if (release.deployment !== live.deployment) return release;
    throw new UsageError(`Release ${shortId(release.deployment)} is live already; production unchanged.`);
  }
  const previous = earlierGoodRelease(releases, live.deployment);
  if (previous) return previous;
  throw new UsageError(
    `There is no good release before ${shortId(live.deployment)}. Fix: name one that was rolled back; lockstep releases lists them.`,
  );
}

/** The deployment to decide on: the given one, else the one that waits for approval. */
export function approvalTarget(deployments: readonly DeploymentItem[], id: string | undefined): DeploymentItem {
  if (id !== undefined) return pick(deployments, id, "deployment");
  const pending = deployments.find(
    ({ status, approval, approvalRequest }) => status === "running" && approvalRequest && !approval,
  );
  if (pending) return pending;
  throw new UsageError("No deployment is waiting for approval.");
}

/** Why the deployment cannot be approved or rejected now; undefined if it can. */
export function refuseDecision(item: DeploymentItem, now: Date): string | undefined {
  const { status, approval, approvalRequest, deployment } = item;
  const id = shortId(deployment);
  if (status !== "running") return `${id} is not waiting for approval: it has already ended (${status}).`;
  if (approval) return `${id} was already ${approval.decision} by ${approval.by} at ${approval.at}.`;
  if (!approvalRequest) return `${id} is not waiting for approval.`;
  if (Date.parse(approvalRequest.until) <= now.getTime()) {
    return `Approval of ${id} timed out at ${approvalRequest.until}. Run: lockstep redrive ${id}`;
  }
  return undefined;
}
