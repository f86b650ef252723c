import type { SFNClient } from "@aws-sdk/client-sfn";
import * as z from "zod/mini";
import type { Journal } from "../core/journal.ts";
import { startExecution } from "../core/machine.ts";
import { executionRecord, rollbackOutcomes } from "../core/record.ts";
import type { Key, Table } from "../core/table.ts";

/** Why traffic is rolled back: a deployment failed, an alarm went off after a release, or a person requested it. */
const rollbackCause = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("execution"),
    execution: z.string(),
    deployment: z.string(),
    status: z.string(),
    attempt: z.number(),
  }),
  z.object({ kind: z.literal("alarm"), alarm: z.string(), reason: z.string() }),
  z.object({
    kind: z.literal("person"),
    by: z.string(),
    reason: z.optional(z.string()),
    /** Deployment of the release to roll back to; the one before the current release when left out. */
    release: z.optional(z.string()),
  }),
]);
export type RollbackCause = z.infer<typeof rollbackCause>;

/** Input of the rollback machine. */
const rollbackInput = z.object({ rollback: z.string(), requestedAt: z.string(), cause: rollbackCause });
export type RollbackInput = z.infer<typeof rollbackInput>;

const releaseReference = z.object({
  deployment: z.string(),
  commit: z.string(),
  taskDefinitionArn: z.optional(z.string()),
});

const rollbackRecord = z.object({
  ...rollbackInput.shape,
  ...executionRecord,
  status: z.enum(rollbackOutcomes),
  startedAt: z.string(),
  /** The release that traffic is taken from. */
  from: z.optional(releaseReference),
  /** The release that traffic goes to; none before the first release of a stage. */
  to: z.optional(releaseReference),
  /** Descriptions of what had to be undone. */
  actions: z.optional(z.array(z.string())),
  /** Production traffic may have shifted, so `to` has to be probed. */
  reverts: z.optional(z.boolean()),
  /** `from` was live and is no longer a good release; a failed deployment never was one. */
  withdraws: z.optional(z.boolean()),
  redeployment: z.optional(
    z.object({ codeDeployDeploymentId: z.string(), attempt: z.number(), abortReason: z.optional(z.string()) }),
  ),
  /** Why: for an alarm, the requests that triggered it. */
  explanation: z.optional(z.string()),
  /** The last response of production to Probe, or why there was nothing to undo. */
  observed: z.optional(z.string()),
});
export type RollbackRecord = z.infer<typeof rollbackRecord>;

export const rollbacks: Journal<RollbackInput, RollbackRecord> = {
  kind: "rollback",
  input: rollbackInput,
  item: rollbackRecord,
  finished: "rolled-back",
  idOf: ({ rollback }) => rollback,
  open: ({ input, execution, attempt }, startedAt) => ({
    ...input,
    status: "running",
    execution,
    attempt,
    startedAt,
    steps: {},
  }),
};

export async function loadRollbacks(table: Table): Promise<RollbackRecord[]> {
  return (await table.query("rollback")).map((item) => z.parse(rollbackRecord, item));
}

export async function loadRollback(table: Table, rollback: string): Promise<RollbackRecord | undefined> {
  const item = await table.get(rollbackKey(rollback));
  return item && z.parse(rollbackRecord, item);
}

export async function startRollback(
  { sfn, clock }: { readonly sfn: SFNClient; readonly clock: { now(): Date } },
  stateMachineArn: string,
  { rollback, cause }: Pick<RollbackInput, "rollback" | "cause">,
): Promise<void> {
  const input: RollbackInput = { rollback, requestedAt: clock.now().toISOString(), cause };
  await startExecution(sfn, { stateMachineArn, name: rollback, input });
}

/** One rollback for each attempt of a deployment. */
export function rollbackOf(deployment: string, attempt: number): string {
  return `${deployment}-r${attempt}`;
}

export function rollbackKey(rollback: string): Key {
  return { pk: "rollback", sk: rollback };
}
