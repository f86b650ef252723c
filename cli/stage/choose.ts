import { UsageError } from "../errors.ts";
import { holderOf } from "./outcomes.ts";
import type { DeploymentItem, LockItem, ReleaseItem } from "./records.ts";
import { shortId } from "../terminal/text.ts";

/** The one that is meant by an id, by the beginning of one, or by the beginning of a commit. The newest first. */
export function pick<Item extends { deployment: string; commit: string }>(
  items: readonly Item[],
  asked: string,
  what: string,
): Item {
  const exact = items.find(({ deployment }) => deployment === asked);
  if (exact) return exact;
  const found = items.filter(({ deployment, commit }) => deployment.startsWith(asked) || commit.startsWith(asked));
  const [only] = found;
  if (only && found.length === 1) return only;
  const listed = (some: readonly Item[]) =>
    some
      .slice(0, 5)
      .map(({ deployment }) => `\n  ${deployment}`)
      .join("");
  if (found.length > 1) throw new UsageError(`"${asked}" may be any of these; say which:${listed(found)}`);
  const there = items.length === 0 ? "There is none." : `The newest are:${listed(items)}`;
  throw new UsageError(`There is no ${what} "${asked}". ${there}`);
}

/** The deployment to take up again: the one asked for, else the last that failed. */
export function redriveTarget(deployments: readonly DeploymentItem[], asked: string | undefined): DeploymentItem {
  if (asked !== undefined) return pick(deployments, asked, "deployment");
  const failed = deployments.find(({ status }) => status === "failed");
  if (failed) return failed;
  throw new UsageError("No deployment has failed, so there is none to take up again. `lockstep releases` lists all.");
}

/** The deployment to stop: the one asked for, else the one that holds the lock, else the only one that runs. */
export function abortTarget(
  deployments: readonly DeploymentItem[],
  lock: LockItem,
  asked: string | undefined,
): DeploymentItem {
  if (asked !== undefined) return pick(deployments, asked, "deployment");
  const running = deployments.filter(({ status }) => status === "running");
  const holder = running.find(({ execution }) => execution === lock.holder);
  const [only] = running;
  if (holder) return holder;
  if (only && running.length === 1) return only;
  if (running.length > 1) {
    const listed = running.map(({ deployment }) => `\n  ${deployment}`).join("");
    throw new UsageError(`Several deployments wait; say which is to be aborted:${listed}`);
  }
  const held =
    lock.holder === undefined ? "" : ` The stage is in the hands of ${holderOf(lock)}, which is no deployment.`;
  throw new UsageError(`No deployment is running.${held}`);
}

/** The release to go back to: the one asked for, else the last good one before the current one. */
export function rollbackTarget(
  releases: readonly ReleaseItem[],
  live: ReleaseItem | undefined,
  asked: string | undefined,
): ReleaseItem {
  if (!live) throw new UsageError("Nothing is live yet, so there is nothing to take back.");
  if (asked !== undefined) {
    const chosen = pick(releases, asked, "release");
    if (chosen.deployment !== live.deployment) return chosen;
    throw new UsageError(`Release ${shortId(chosen.deployment)} is live already; nothing was changed.`);
  }
  const before = releases.find(
    ({ deployment, withdrawnAt }) => deployment !== live.deployment && withdrawnAt === undefined,
  );
  if (before) return before;
  throw new UsageError(
    `There is no good release before ${shortId(live.deployment)}. \`lockstep releases\` lists all; one that was taken back can be named.`,
  );
}

/** The deployment to decide on: the one asked for, else the one that waits. */
export function approvalTarget(deployments: readonly DeploymentItem[], asked: string | undefined): DeploymentItem {
  if (asked !== undefined) return pick(deployments, asked, "deployment");
  const waiting = deployments.find(
    ({ status, approval, approvalRequest }) => status === "running" && approvalRequest && !approval,
  );
  if (waiting) return waiting;
  throw new UsageError("No deployment waits for approval.");
}

/** Why nothing can be decided about it now; nothing when it waits for a decision. */
export function refuseDecision(item: DeploymentItem, now: Date): string | undefined {
  const { status, approval, approvalRequest, deployment } = item;
  const id = shortId(deployment);
  if (status !== "running") return `${id} does not wait for approval: it has ended as ${status}.`;
  if (approval) return `${id} was ${approval.decision} by ${approval.by} at ${approval.at}; the first decision stands.`;
  if (!approvalRequest) return `${id} does not wait for approval.`;
  if (Date.parse(approvalRequest.until) <= now.getTime()) {
    return `${id} waited for approval until ${approvalRequest.until}; its time is over. \`lockstep redrive\` asks again.`;
  }
  return undefined;
}
