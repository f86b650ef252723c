import { type SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import * as z from "zod/mini";
import { AwsUnavailable, hasName, isTransient } from "../core/errors.ts";
import { holdLock, type LockPorts } from "../core/lock.ts";
import { rollbackOutcomes } from "../core/record.ts";
import type { Log } from "../core/step.ts";
import type { Key, Table } from "../core/table.ts";

/** Why traffic is taken back: a deployment ended without success, an alarm rang after a release, or a person asked. */
const rollbackCause = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("execution"),
    execution: z.string(),
    deployment: z.string(),
    status: z.string(),
    redriveCount: z.number(),
  }),
  z.object({ kind: z.literal("alarm"), alarm: z.string(), reason: z.string() }),
  z.object({
    kind: z.literal("person"),
    by: z.string(),
    reason: z.optional(z.string()),
    /** Deployment of the release to go back to; the one before the current release when left out. */
    release: z.optional(z.string()),
  }),
]);
export type RollbackCause = z.infer<typeof rollbackCause>;

/** What the rollback machine is started with. */
const rollbackInput = z.object({ rollback: z.string(), requestedAt: z.string(), cause: rollbackCause });
export type RollbackInput = z.infer<typeof rollbackInput>;

const releaseReference = z.object({
  deployment: z.string(),
  commit: z.string(),
  taskDefinitionArn: z.optional(z.string()),
});

const rollbackRecord = z.object({
  ...rollbackInput.shape,
  status: z.enum(rollbackOutcomes),
  execution: z.string(),
  startedAt: z.string(),
  endedAt: z.optional(z.string()),
  generation: z.optional(z.number()),
  /** The release that traffic is taken from. */
  from: z.optional(releaseReference),
  /** The release that traffic goes to; none before the first release of a stage. */
  to: z.optional(releaseReference),
  /** What was found to be done, for people. */
  actions: z.optional(z.array(z.string())),
  /** Production traffic may have moved, so it has to be seen on `to` again. */
  reverts: z.optional(z.boolean()),
  /** `from` was live and is no good release any more; a failed deployment never was one. */
  withdraws: z.optional(z.boolean()),
  redeployment: z.optional(z.object({ codeDeployDeploymentId: z.string(), attempt: z.number() })),
  saw: z.optional(z.string()),
  failure: z.optional(z.object({ error: z.string(), cause: z.string() })),
});
export type RollbackRecord = z.infer<typeof rollbackRecord>;

const invocation = z.object({
  execution: z.string(),
  redriveCount: z.number(),
  input: z.object({ ...rollbackInput.shape, generation: z.optional(z.number()) }),
});

export interface RollbackPorts extends LockPorts {
  readonly log: Log;
}

export interface RollbackWork {
  readonly input: RollbackInput;
  readonly execution: string;
  readonly attempt: number;
  readonly generation: number;
  readonly record: RollbackRecord;
  /** Goes before every side effect; throws LockNotHeld for an actor whose time is over. */
  holdLock(): Promise<void>;
  remember(facts: Partial<RollbackRecord>): Promise<void>;
}

/**
 * A state of the rollback machine as a function. It answers at once and is asked again while something is under way: a
 * rollback has to work on the day when the events are what failed.
 */
export function rollbackStep<Output extends object>(
  ports: RollbackPorts,
  run: (work: RollbackWork) => Promise<Output>,
): (event: unknown) => Promise<Output> {
  return async (event) => {
    const { execution, redriveCount, input } = z.parse(invocation, event);
    ports.log.appendKeys({ rollback: input.rollback, attempt: String(redriveCount) });
    try {
      return await run(await begin(ports, { execution, attempt: redriveCount, input }));
    } catch (error) {
      if (!isTransient(error)) throw error;
      const detail = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      throw new AwsUnavailable(`AWS did not answer as it should, the step is run again. ${detail}`, { cause: error });
    }
  };
}

async function begin(
  ports: RollbackPorts,
  call: { execution: string; attempt: number; input: z.infer<typeof invocation>["input"] },
): Promise<RollbackWork> {
  const { generation = 0, ...input } = call.input;
  const { execution, attempt } = call;
  let record = (await loadRollback(ports.table, input.rollback)) ?? (await open(ports, input, execution));
  return {
    input,
    execution,
    attempt,
    generation,
    get record() {
      return record;
    },
    holdLock: () => holdLock(ports, { execution, generation }),
    async remember(facts) {
      await ports.table.patch(rollbackKey(input.rollback), facts);
      record = { ...record, ...facts };
    },
  };
}

async function open({ table, clock }: RollbackPorts, input: RollbackInput, execution: string): Promise<RollbackRecord> {
  const record: RollbackRecord = { ...input, status: "running", execution, startedAt: clock.now().toISOString() };
  await table.put({ ...rollbackKey(input.rollback), ...record }, { pk: undefined });
  return record;
}

export async function loadRollbacks(table: Table): Promise<RollbackRecord[]> {
  return (await table.query("rollback")).map((item) => z.parse(rollbackRecord, item));
}

export async function loadRollback(table: Table, rollback: string): Promise<RollbackRecord | undefined> {
  const item = await table.get(rollbackKey(rollback));
  return item && z.parse(rollbackRecord, item);
}

/** The name is made of what it answers to, so an event that comes twice starts one execution. */
export async function startRollback(
  { sfn, clock }: { readonly sfn: SFNClient; readonly clock: { now(): Date } },
  stateMachineArn: string,
  { rollback, cause }: Pick<RollbackInput, "rollback" | "cause">,
): Promise<void> {
  const input: RollbackInput = { rollback, requestedAt: clock.now().toISOString(), cause };
  try {
    await sfn.send(new StartExecutionCommand({ stateMachineArn, name: rollback, input: JSON.stringify(input) }));
  } catch (error) {
    // Its input differs by the time alone.
    if (!hasName(error, "ExecutionAlreadyExists")) throw error;
  }
}

/** Tells duplicates apart from another failure of the same execution, after a redrive. */
export function rollbackOf(deployment: string, redriveCount: number): string {
  return `${deployment}-r${redriveCount}`;
}

export function rollbackKey(rollback: string): Key {
  return { pk: "rollback", sk: rollback };
}
