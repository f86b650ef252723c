import type { DeploymentRecord, ReleaseRecord } from "../../core/record.ts";
import type { RestoreRecord } from "../../restore/record.ts";

interface Known {
  readonly deployments: readonly DeploymentRecord[];
  readonly current: ReleaseRecord | undefined;
  /** All that were ever live, the newest first. */
  readonly releases: readonly ReleaseRecord[];
  readonly restores: readonly RestoreRecord[];
}

/** Deployments that are under way, live, or that a rollback may lead to or from: what they made is not to be deleted. */
export function neededDeployments({ deployments, current, releases }: Known, keepReleases: number): Set<string> {
  const since = current
    ? (deployments.find(({ deployment }) => deployment === current.deployment)?.createdAt ?? "")
    : "";
  const standing = releases.filter(({ withdrawnAt }) => withdrawnAt === undefined);
  return new Set([
    ...deployments.filter(({ status }) => status === "running").map(({ deployment }) => deployment),
    // A deployment that failed after the last good one may have migrated: its snapshot is the way back.
    ...deployments.filter(({ createdAt }) => createdAt >= since).map(({ deployment }) => deployment),
    ...(current ? [current.deployment] : []),
    ...[...releases.slice(0, keepReleases), ...standing.slice(0, keepReleases)].map(({ deployment }) => deployment),
  ]);
}

/** The last good release, the one before it, and whatever is under way; and of restores those that did not end well. */
export function neededSnapshots(known: Known): Set<string> {
  const deployments = neededDeployments(known, 2);
  const ofDeployments = known.deployments.filter(({ deployment }) => deployments.has(deployment));
  const ofRestores = known.restores.filter(({ status }) => status !== "restored");
  return new Set([
    ...ofDeployments.flatMap(({ snapshot }) => snapshot?.id ?? []),
    ...ofRestores.map(({ snapshot }) => snapshot),
  ]);
}
