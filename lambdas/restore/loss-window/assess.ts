import {
  type DBInstance,
  type DBSnapshot,
  DescribeDBInstancesCommand,
  DescribeDBSnapshotsCommand,
  type RDSClient,
} from "@aws-sdk/client-rds";
import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import * as z from "zod/mini";
import { type DatabaseSecret, databaseSecret } from "../../deploy/plan/contract.ts";
import { hasName } from "../../core/errors.ts";
import { type DeploymentRecord, deploymentRecord, loadRelease, type WriteCounters } from "../../core/record.ts";
import type { LossWindow } from "../record.ts";
import type { Table } from "../../core/table.ts";
import { writtenBetween } from "../../release/write-counters.ts";
import { type environment, input } from "./contract.ts";

interface AssessPorts {
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

/** Says what a restore of a snapshot would lose. Changes nothing; a person decides. */
export function assess(ports: AssessPorts) {
  return async (event: unknown): Promise<LossWindow> => {
    const { snapshot: id } = z.parse(input, event);
    const { DB_INSTANCE_IDENTIFIER: name } = ports.settings;
    const snapshot = await usableSnapshot(ports.rds, id, name);
    const takenAt = snapshot.SnapshotCreateTime ?? new Date(0);
    const deployments = (await ports.table.query("deployment")).map((item) => z.parse(deploymentRecord, item));
    const owner = deployments.find((deployment) => deployment.snapshot?.id === id);
    const live = await loadRelease(ports.table);
    return {
      snapshot: id,
      takenAt: takenAt.toISOString(),
      seconds: Math.max(0, Math.round((ports.clock.now().getTime() - takenAt.getTime()) / 1000)),
      ...(await writtenSince(ports, snapshot, owner)),
      ...(owner && { deployment: { id: owner.deployment, commit: owner.commit, status: owner.status } }),
      ...(live && { live: { deployment: live.deployment, commit: live.commit } }),
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

async function writtenSince(ports: AssessPorts, snapshot: DBSnapshot, owner: DeploymentRecord | undefined) {
  const earlier = owner?.counters;
  if (!earlier) return { unknown: "Nobody counted when the snapshot was taken." };
  const live = await describeLive(ports.rds, ports.settings.DB_INSTANCE_IDENTIFIER);
  if (live?.DbiResourceId !== snapshot.DbiResourceId)
    return { unknown: "The live database is another instance than the one that the snapshot was taken of." };
  try {
    return { written: writtenBetween(earlier, await ports.countWrites(await readSecret(ports))) };
  } catch (error) {
    return { unknown: `The live database does not answer: ${error instanceof Error ? error.message : String(error)}.` };
  }
}

async function usableSnapshot(rds: RDSClient, id: string, live: string): Promise<DBSnapshot> {
  const advice = "`lockstep restore` lists the snapshots of the stage.";
  // Of other names this function may not even know whether they exist.
  const isOfStage = id.startsWith(`${live}-`) || id.startsWith(`rds:${live}-`);
  const snapshot = isOfStage ? await findSnapshot(rds, id) : undefined;
  if (!snapshot) throw new SnapshotUnusable(`There is no snapshot ${id} of ${live}. ${advice}`);
  const { DBInstanceIdentifier, Status } = snapshot;
  if (DBInstanceIdentifier !== live)
    throw new SnapshotUnusable(`Snapshot ${id} is of the instance ${DBInstanceIdentifier}, not of ${live}. ${advice}`);
  if (Status !== "available") throw new SnapshotUnusable(`Snapshot ${id} is ${Status}, expected available. ${advice}`);
  return snapshot;
}

async function findSnapshot(rds: RDSClient, DBSnapshotIdentifier: string): Promise<DBSnapshot | undefined> {
  try {
    const { DBSnapshots } = await rds.send(new DescribeDBSnapshotsCommand({ DBSnapshotIdentifier }));
    return DBSnapshots?.[0];
  } catch (error) {
    if (hasName(error, "DBSnapshotNotFoundFault")) return undefined;
    throw error;
  }
}

async function describeLive(rds: RDSClient, DBInstanceIdentifier: string): Promise<DBInstance | undefined> {
  try {
    const { DBInstances } = await rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier }));
    return DBInstances?.[0];
  } catch (error) {
    if (hasName(error, "DBInstanceNotFoundFault")) return undefined;
    throw error;
  }
}

async function readSecret({ secretsManager, settings }: AssessPorts): Promise<DatabaseSecret> {
  const { SecretString = "{}" } = await secretsManager.send(
    new GetSecretValueCommand({ SecretId: settings.DATABASE_SECRET_ARN }),
  );
  return z.parse(databaseSecret, JSON.parse(SecretString));
}
