import * as z from "zod/mini";
import type { Journal } from "../core/journal.ts";
import { executionRecord } from "../core/record.ts";
import type { Key, Table } from "../core/table.ts";

export const restoreStepNames = [
  "Acquire lock",
  "Restore snapshot",
  "Reset password",
  "Swap databases",
  "Replace tasks",
  "Probe",
  "Finish",
] as const;
export type RestoreStepName = (typeof restoreStepNames)[number];

const releaseReference = z.object({ deployment: z.string(), commit: z.string() });

/** The live release does not run on the schema of the snapshot. */
export const misfit = z.object({
  /** Migrations of the live release that the snapshot does not have. */
  missing: z.array(z.string()),
  /** The newest good release that runs on the snapshot's schema; none if there is no such release. */
  fitting: z.optional(releaseReference),
});
export type Misfit = z.infer<typeof misfit>;

/** What is lost by a restore: everything written to the live database after the snapshot. */
export const lossWindow = z.object({
  snapshot: z.string(),
  takenAt: z.string(),
  seconds: z.number(),
  /** By PostgreSQL's statistics. Both are counted from just before the snapshot, so they are upper bounds. */
  written: z.optional(z.object({ rows: z.optional(z.number()), transactions: z.number() })),
  /** Why the written data is unknown. */
  unknown: z.optional(z.string()),
  /** The deployment that took the snapshot. */
  deployment: z.optional(z.object({ id: z.string(), commit: z.string(), status: z.string() })),
  /** The live release, which will use the restored database. */
  live: z.optional(releaseReference),
  misfit: z.optional(misfit),
  /** Applied after the snapshot, so missing in the restored database. */
  migrations: z.array(z.string()),
});
export type LossWindow = z.infer<typeof lossWindow>;

/** Input of the restore machine. The person who starts it has accepted the data loss. */
export const restoreRequest = z.object({
  snapshot: z.string(),
  by: z.optional(z.string()),
  /** Deployment of the release to roll back to, because the live one does not run on the snapshot's schema. */
  release: z.optional(z.string()),
  loss: z.optional(lossWindow),
});
export type RestoreRequest = z.infer<typeof restoreRequest>;

const deployedRelease = z.object({ ...releaseReference.shape, taskDefinitionArn: z.string() });

/** One restore of the stage's database. */
const restoreRecord = z.object({
  restore: z.string(),
  ...restoreRequest.shape,
  ...executionRecord,
  status: z.enum(["running", "restored", "failed"]),
  startedAt: z.string(),
  /** The live release and the one that replaces it; neither if the live one stays. */
  from: z.optional(deployedRelease),
  to: z.optional(deployedRelease),
  redeployment: z.optional(z.object({ codeDeployDeploymentId: z.string(), attempt: z.number() })),
  /** Those of the release that are in the restored instance's own table of applied migrations. */
  appliedMigrations: z.optional(z.array(z.string())),
  /** When the restored instance was observed under the live one's name. */
  swappedAt: z.optional(z.string()),
  /** The previous live instance, which is kept; it has every write until the swap. */
  keptInstance: z.optional(z.string()),
});
export type RestoreRecord = z.infer<typeof restoreRecord>;

export const restores: Journal<RestoreRequest, RestoreRecord> = {
  kind: "restore",
  input: restoreRequest,
  item: restoreRecord,
  finished: "restored",
  idOf: (_request, execution) => execution.split(":").at(-1) ?? "",
  open: ({ id, input, execution, attempt }, startedAt) => ({
    restore: id,
    ...input,
    status: "running",
    execution,
    attempt,
    startedAt,
    steps: {},
  }),
};

export function restoreKey(restore: string): Key {
  return { pk: "restore", sk: restore };
}

export async function loadRestore(table: Table, restore: string): Promise<RestoreRecord | undefined> {
  const item = await table.get(restoreKey(restore));
  return item && z.parse(restoreRecord, item);
}

export async function loadRestores(table: Table): Promise<RestoreRecord[]> {
  return (await table.query("restore")).map((item) => z.parse(restoreRecord, item));
}
