import type { DBSnapshot, RDSClient } from "@aws-sdk/client-rds";
import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import * as z from "zod/mini";
import type { DeploymentRecord, WriteCounters } from "../../core/record.ts";
import type { Table } from "../../core/table.ts";
import { type DatabaseSecret, readDatabaseSecret } from "../../release/database-client.ts";
import { writtenBetween } from "../../release/write-counters.ts";
import { findSnapshot } from "../find-snapshot.ts";
import { describeInstance } from "../instances.ts";
import type { LossWindow } from "../record.ts";
import { findMisfit, loadHistory, schemaOf } from "../schema.ts";
import { type environment, input } from "./contract.ts";

interface LossDeps {
  readonly rds: RDSClient;
  readonly secretsManager: SecretsManagerClient;
  readonly table: Table;
  readonly clock: { now(): Date };
  readonly countWrites: (database: DatabaseSecret) => Promise<WriteCounters>;
  readonly settings: z.infer<typeof environment>;
}

class SnapshotUnusable extends Error {
  override readonly name = "SnapshotUnusable";
}

/** Reports what a restore of a snapshot would lose. Read-only: a person decides. */
export function assessLoss(deps: LossDeps) {
  return async (event: unknown): Promise<LossWindow> => {
    const { snapshot: id } = z.parse(input, event);
    const { DB_INSTANCE_IDENTIFIER: name } = deps.settings;
    const snapshot = await usableSnapshot(deps.rds, id, name);
    const takenAt = snapshot.SnapshotCreateTime ?? new Date(0);
    const history = await loadHistory(deps.table);
    const { deployments, current: live } = history;
    const owner = deployments.find((deployment) => deployment.snapshot?.id === id);
    const misfit = findMisfit(schemaOf({ id, takenAt }, history), history);
    return {
      snapshot: id,
      takenAt: takenAt.toISOString(),
      seconds: Math.max(0, Math.round((deps.clock.now().getTime() - takenAt.getTime()) / 1000)),
      ...(await writtenSince(deps, snapshot, owner)),
      ...(owner && { deployment: { id: owner.deployment, commit: owner.commit, status: owner.status } }),
      ...(live && { live: { deployment: live.deployment, commit: live.commit } }),
      ...(misfit && { misfit }),
      migrations: migrationsSince(deployments, takenAt),
    };
  };
}

/** Of all deployments that migrated after the snapshot was taken. */
export function migrationsSince(deployments: readonly DeploymentRecord[], takenAt: Date): string[] {
  return deployments
    .filter(({ migration }) => migration?.appliedAt !== undefined && new Date(migration.appliedAt) > takenAt)
    .toSorted((a, b) => (a.migration?.appliedAt ?? "").localeCompare(b.migration?.appliedAt ?? ""))
    .flatMap(({ plan }) => plan?.pending ?? []);
}

async function writtenSince(deps: LossDeps, snapshot: DBSnapshot, owner: DeploymentRecord | undefined) {
  const earlier = owner?.counters;
  if (!earlier) return { unknown: "No write counters were recorded with this snapshot." };
  const live = await describeInstance(deps.rds, deps.settings.DB_INSTANCE_IDENTIFIER);
  if (live?.DbiResourceId !== snapshot.DbiResourceId)
    return { unknown: "The snapshot was taken of another instance than the live one." };
  try {
    const secret = await readDatabaseSecret(deps.secretsManager, deps.settings.DATABASE_SECRET_ARN);
    return { written: writtenBetween(earlier, await deps.countWrites(secret)) };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { unknown: `The live database could not be queried: ${detail}.` };
  }
}

async function usableSnapshot(rds: RDSClient, id: string, live: string): Promise<DBSnapshot> {
  const advice = "To list the snapshots of the stage, run: lockstep restore";
  // This function may not describe snapshots of other names.
  const isOfStage =
    id.startsWith(`${live}-snapshot-`) || /^rds:(.+)-20\d\d-\d\d-\d\d-\d\d-\d\d$/.exec(id)?.[1] === live;
  const snapshot = isOfStage ? await findSnapshot(rds, id) : undefined;
  const names = `The names of restorable snapshots start with ${live}-snapshot- or rds:${live}-.`;
  if (!snapshot) throw new SnapshotUnusable(`Snapshot ${id} of ${live} does not exist. ${names}\n${advice}`);
  const { DBInstanceIdentifier, Status } = snapshot;
  if (DBInstanceIdentifier !== live)
    throw new SnapshotUnusable(`Snapshot ${id} is of the instance ${DBInstanceIdentifier}, not of ${live}.\n${advice}`);
  if (Status !== "available") throw new SnapshotUnusable(`Snapshot ${id} is ${Status}, expected available.\n${advice}`);
  return snapshot;
}
