import { type DeploymentRecord, loadRecords, loadRelease, loadReleases, type ReleaseRecord } from "../core/record.ts";
import type { Table } from "../core/table.ts";
import { loadRestores, type Misfit, type RestoreRecord } from "./record.ts";

/**
 * A schema version is the creation time of the newest applied migration, 0 before the first: Drizzle applies migrations in that order.
 * A release runs on a schema that has all its migrations. A newer schema is accepted: Plan refuses migrations that break older releases.
 */
export interface History {
  readonly deployments: readonly DeploymentRecord[];
  readonly restores: readonly RestoreRecord[];
  /** Every release that was ever live, the newest first. */
  readonly releases: readonly ReleaseRecord[];
  readonly current: ReleaseRecord | undefined;
}

interface Snapshot {
  readonly id: string;
  readonly takenAt: Date;
}

export async function loadHistory(table: Table): Promise<History> {
  const [deployments, restores, releases, current] = await Promise.all([
    loadRecords(table),
    loadRestores(table),
    loadReleases(table),
    loadRelease(table),
  ]);
  return { deployments, restores, releases, current };
}

/** The schema version of a snapshot: as recorded by the deployment that took it, otherwise derived from what happened before. */
export function schemaVersionOf({ id, takenAt }: Snapshot, history: History): number {
  const { deployments, releases, restores } = history;
  const recorded = deployments.find(({ snapshot }) => snapshot?.id === id)?.schemaVersion;
  if (recorded !== undefined) return recorded;
  const before = (at: string | undefined): at is string => at !== undefined && new Date(at) <= takenAt;
  const restored = restores
    .filter(({ swappedAt }) => before(swappedAt))
    .toSorted((a, b) => (a.swappedAt ?? "").localeCompare(b.swappedAt ?? ""))
    .at(-1);
  const since = (at: string | undefined) => before(at) && at > (restored?.swappedAt ?? "");
  const migrated = deployments.filter(({ migration }) => since(migration?.appliedAt));
  const released = releases.filter(({ deployedAt }) => since(deployedAt));
  const versions = [...migrated, ...released].map(({ deployment }) => requiredBy(deployment, history));
  return Math.max(restored?.schemaVersion ?? 0, ...versions);
}

/** The schema version that the release of a deployment needs. */
export function requiredBy(deployment: string, { deployments }: Pick<History, "deployments">): number {
  return Math.max(0, ...migrationsOf(deployment, deployments).map(({ when }) => when));
}

/** `undefined` if the live release runs on that schema. */
export function findMisfit(schemaVersion: number, history: History): Misfit | undefined {
  const { current, deployments } = history;
  if (!current || requiredBy(current.deployment, history) <= schemaVersion) return undefined;
  const fitting = history.releases.find(
    ({ deployment, withdrawnAt }) =>
      withdrawnAt === undefined && isKnown(deployment, deployments) && requiredBy(deployment, history) <= schemaVersion,
  );
  const missing = migrationsOf(current.deployment, deployments).filter(({ when }) => when > schemaVersion);
  return {
    missing: missing.map(({ tag }) => tag),
    ...(fitting && { fitting: { deployment: fitting.deployment, commit: fitting.commit } }),
  };
}

function migrationsOf(deployment: string, deployments: readonly DeploymentRecord[]) {
  return deployments.find((record) => record.deployment === deployment)?.image?.migrations ?? [];
}

function isKnown(deployment: string, deployments: readonly DeploymentRecord[]): boolean {
  return deployments.some((record) => record.deployment === deployment && record.image);
}
