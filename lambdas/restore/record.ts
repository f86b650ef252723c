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

/** What is lost by a restore: everything written to the live database after the snapshot. */
export const lossWindow = z.object({
  snapshot: z.string(),
  takenAt: z.string(),
  seconds: z.number(),
  /** As far as PostgreSQL can tell; both are counted from a moment just before the snapshot, so they are upper bounds. */
  written: z.optional(z.object({ rows: z.optional(z.number()), transactions: z.number() })),
  /** Why nothing is known of what was written. */
  unknown: z.optional(z.string()),
  /** The deployment that took the snapshot. */
  deployment: z.optional(z.object({ id: z.string(), commit: z.string(), status: z.string() })),
  /** What is live and will be served from the restored database. */
  live: z.optional(z.object({ deployment: z.string(), commit: z.string() })),
  /** Applied after the snapshot, so the restored database has none of them. */
  migrations: z.array(z.string()),
});
export type LossWindow = z.infer<typeof lossWindow>;

/** What the machine is started with. Whoever starts it has seen the loss window and agreed. */
export const restoreRequest = z.object({
  snapshot: z.string(),
  by: z.optional(z.string()),
  loss: z.optional(lossWindow),
});
export type RestoreRequest = z.infer<typeof restoreRequest>;

/** One restore of the stage's database. */
const restoreRecord = z.object({
  restore: z.string(),
  ...restoreRequest.shape,
  ...executionRecord,
  status: z.enum(["running", "restored", "failed"]),
  startedAt: z.string(),
  waitsFor: z.optional(z.string()),
  /** When the restored instance was observed under the live one's name. */
  swappedAt: z.optional(z.string()),
  /** The instance that was live before; it has every write up to the swap, and is kept. */
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
