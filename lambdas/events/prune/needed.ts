import type { DeploymentRecord, ReleaseRecord } from "../../core/record.ts";
import type { RestoreRecord } from "../../restore/record.ts";

export interface Records {
  readonly deployments: readonly DeploymentRecord[];
  readonly current: ReleaseRecord | undefined;
  /** Every release that was ever live, the newest first. */
  readonly releases: readonly ReleaseRecord[];
  readonly restores: readonly RestoreRecord[];
}

/** Deployments that are running or live, or that a rollback may go to or from: their snapshots and task definitions are kept. */
export function neededDeployments({ deployments, current, releases }: Records, keepReleases: number): Set<string> {
  const since = current
    ? (deployments.find(({ deployment }) => deployment === current.deployment)?.createdAt ?? "")
    : "";
  const good = releases.filter(({ withdrawnAt }) => withdrawnAt === undefined);
  return new Set([
    ...deployments.filter(({ status }) => status === "running").map(({ deployment }) => deployment),
    // A deployment that failed after the last good one may have migrated: its snapshot may have to be restored.
    ...deployments.filter(({ createdAt }) => createdAt >= since).map(({ deployment }) => deployment),
    ...(current ? [current.deployment] : []),
    ...[...releases.slice(0, keepReleases), ...good.slice(0, keepReleases)].map(({ deployment }) => deployment),
  ]);
}

/** Of the last good release, the one before it, running deployments, and restores that did not succeed. */
export function neededSnapshots(records: Records): Set<string> {
  const deployments = neededDeployments(records, 2);
  const ofDeployments = records.deployments.filter(({ deployment }) => deployments.has(deployment));
  const ofRestores = records.restores.filter(({ status }) => status !== "restored");
  return new Set([
    ...ofDeployments.flatMap(({ snapshot }) => snapshot?.id ?? []),
    ...ofRestores.map(({ snapshot }) => snapshot),
  ]);
}

/** Undefined while a deployment has no image yet: its build may find the image in the registry, however old, instead of pushing it. */
export function neededImages(records: Records, keepReleases: number): Set<string> | undefined {
  const { deployments, current, releases } = records;
  if (deployments.some(({ status, image }) => status === "running" && !image)) return undefined;
  const needed = neededDeployments(records, keepReleases);
  const ofReleases = [...releases, ...(current ? [current] : [])].filter(({ deployment }) => needed.has(deployment));
  return new Set([
    ...deployments.flatMap(({ deployment, image }) =>
      image && needed.has(deployment) ? [image.digest, image.assets?.digest ?? image.digest] : [],
    ),
    ...ofReleases.map(({ imageDigest }) => imageDigest),
  ]);
}
