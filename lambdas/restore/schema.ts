import { type DeploymentRecord, loadRecords, loadRelease, loadReleases, type ReleaseRecord } from "../core/record.ts";
import type { Table } from "../core/table.ts";
import { loadRestores, type Misfit, type RestoreRecord } from "./record.ts";

/**
 * The migrations that a schema has. A release runs on a schema that has all of its own. A newer schema is accepted: Plan refuses
 * migrations that break older releases.
 */
export interface Schema {
  readonly applied: ReadonlySet<string>;
  /** Known not to be applied. */
  readonly pending: ReadonlySet<string>;
}

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

/** The schema of a snapshot: as recorded by the deployment that took it, otherwise derived from what happened before. */
export function schemaOf({ id, takenAt }: Snapshot, history: History): Schema {
  const { deployments, releases, restores } = history;
  const owner = deployments.find(({ snapshot }) => snapshot?.id === id);
  if (owner?.pendingAtSnapshot) {
    const pending = new Set(owner.pendingAtSnapshot);
    const tags = migrationsOf(owner.deployment, deployments);
    return { applied: new Set(tags.filter((tag) => !pending.has(tag))), pending };
  }
  const before = (at: string | undefined): at is string => at !== undefined && new Date(at) <= takenAt;
  const restored = restores
    .filter(({ swappedAt }) => before(swappedAt))
    .toSorted((a, b) => (a.swappedAt ?? "").localeCompare(b.swappedAt ?? ""))
    .at(-1);
  const since = (at: string | undefined) => before(at) && at > (restored?.swappedAt ?? "");
  const migrated = deployments.filter(({ migration }) => since(migration?.appliedAt));
  const released = releases.filter(({ deployedAt }) => since(deployedAt));
  const tags = [...migrated, ...released].flatMap(({ deployment }) => migrationsOf(deployment, deployments));
  return { applied: new Set([...(restored?.appliedMigrations ?? []), ...tags]), pending: new Set() };
}

/** The migrations of a deployment's release that a schema does not have. */
export function missingIn(
  { applied, pending }: Schema,
  deployment: string,
  { deployments }: Pick<History, "deployments">,
): string[] {
  const tags = migrationsOf(deployment, deployments);
  // Records list the newest migrations only: what precedes the first that both list is applied.
  const first = tags.findIndex((tag) => applied.has(tag) || pending.has(tag));
  return tags.slice(Math.max(first, 0)).filter((tag) => !applied.has(tag));
}

/** `undefined` if the live release runs on that schema. */
export function findMisfit(schema: Schema, history: History): Misfit | undefined {
  const { current, deployments } = history;
  const missing = current ? missingIn(schema, current.deployment, history) : [];
  if (missing.length === 0) return undefined;
  const fitting = history.releases.find(
    ({ deployment, withdrawnAt }) =>
      withdrawnAt === undefined &&
      isKnown(deployment, deployments) &&
      missingIn(schema, deployment, history).length === 0,
  );
  return { missing, ...(fitting && { fitting: { deployment: fitting.deployment, commit: fitting.commit } }) };
}

function migrationsOf(deployment: string, deployments: readonly DeploymentRecord[]): string[] {
  const { image } = deployments.find((record) => record.deployment === deployment) ?? {};
  return (image?.migrations ?? []).map(({ tag }) => tag);
}

function isKnown(deployment: string, deployments: readonly DeploymentRecord[]): boolean {
  return deployments.some((record) => record.deployment === deployment && record.image);
}
