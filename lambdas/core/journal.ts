import * as z from "zod/mini";
import { LockNotHeld, StepError } from "./errors.ts";
import { holdLock, type LockDeps } from "./lock.ts";
import { deploymentRecord, type DeploymentRecord, type ExecutionRecord, push, type Push } from "./record.ts";
import type { Key } from "./table.ts";

/** What a step adds to the record. */
export type Facts<Item> = Readonly<Partial<Omit<Item, "steps">>>;

/** A call of a step's function by its state machine. */
export interface Call<Input> {
  /** Of the execution's record. */
  readonly id: string;
  readonly input: Input;
  readonly execution: string;
  readonly attempt: number;
  readonly generation: number;
  /** Missing when the machine waits for the function itself and not for a task token. */
  readonly token?: string | undefined;
}

/** How a machine keeps a record of each of its executions in the stage's table. */
export interface Journal<Input, Item extends ExecutionRecord> {
  /** Partition key of the records, and log key. */
  readonly kind: "deployment" | "rollback" | "restore";
  readonly input: z.ZodMiniType<Input>;
  readonly item: z.ZodMiniType<Item>;
  /** Status of an execution that has released the lock. */
  readonly finished: string;
  idOf(input: Input, execution: string): string;
  /** Fields of a new record. */
  open(call: Call<Input>, now: string): Item;
}

/** Records of the deploy machine. */
export const deployments: Journal<Push, DeploymentRecord> = {
  kind: "deployment",
  input: push,
  item: deploymentRecord,
  finished: "succeeded",
  idOf: ({ deployment }) => deployment,
  open: ({ input, execution, attempt }, createdAt) => ({
    ...input,
    status: "running",
    execution,
    attempt,
    createdAt,
    steps: {},
  }),
};

export interface Log {
  appendKeys(keys: Record<string, string>): void;
  info(message: string, detail: Record<string, unknown>): void;
  error(message: string, detail: Error): void;
}

export interface Deps extends LockDeps {
  readonly log: Log;
}

export interface Work<Item> {
  readonly record: Item;
  readonly execution: string;
  readonly attempt: number;
  readonly generation: number;
  readonly token?: string | undefined;
  /** Required before every side effect. Throws LockNotHeld if another execution took the lock over. */
  readonly holdLock: () => Promise<void>;
  /** Records an effect before (or as soon as) it is started; later attempts adopt it. */
  readonly remember: (facts: Facts<Item>) => Promise<void>;
}

const invocation = z.object({
  token: z.optional(z.string()),
  execution: z.string(),
  attempt: z.number(),
  input: z.looseObject({ generation: z.optional(z.number()) }),
});

export function parseCall<Input, Item extends ExecutionRecord>(
  journal: Journal<Input, Item>,
  event: unknown,
): Call<Input> {
  const { token, execution, attempt, input: raw } = z.parse(invocation, event);
  const input = z.parse(journal.input, raw);
  const id = journal.idOf(input, execution);
  return { id, input, execution, attempt, generation: raw.generation ?? 0, token };
}

/** Loads the record, or opens it, so that an execution is listed however it was started; records the start of the step. */
export async function beginStep<Input, Item extends ExecutionRecord>(
  { journal, deps, step }: { journal: Journal<Input, Item>; deps: Deps; step: string },
  call: Call<Input>,
): Promise<Work<Item>> {
  const { execution, attempt, generation, token } = call;
  const key: Key = { pk: journal.kind, sk: call.id };
  const now = deps.clock.now().toISOString();
  const loaded = await deps.table.get(key);
  let record = loaded ? z.parse(journal.item, loaded) : journal.open(call, now);
  if (!loaded) await deps.table.put({ ...key, ...record }, { pk: undefined });
  const previous = record.steps[step];
  if (record.status === "failed" || previous?.attempt !== attempt || previous.endedAt !== undefined) {
    const steps = { ...record.steps, [step]: { startedAt: now, attempt } };
    const reopened = record.status === "failed" && { status: "running", failure: undefined, endedAt: undefined };
    await deps.table.patch(key, { ...reopened, attempt, [`steps.${step}`]: steps[step] });
    record = { ...record, attempt, steps };
    await deps.announce?.(deploymentOf(key));
  }
  return {
    get record() {
      return record;
    },
    execution,
    attempt,
    generation,
    token,
    holdLock: () => holdLock(deps, { execution, generation }),
    remember: async (facts) => {
      await deps.table.patch(key, facts);
      record = { ...record, ...facts };
    },
  };
}

/** A rollback or a restore changes those of other deployments. */
const deploymentOf = ({ pk, sk }: Key) => (pk === deployments.kind ? sk : undefined);

export type Settled<Item> =
  | { readonly kind: "done"; readonly output?: object; readonly facts?: Facts<Item> }
  | { readonly kind: "failed"; readonly error: Error };

/** A step of one execution. */
export interface Place {
  readonly key: Key;
  readonly step: string;
  readonly token?: string | undefined;
}

/** Records the end of a step and answers its token. Without a token the function itself returns the output or throws. */
export async function settle<Item>(deps: Deps, { key, step, token }: Place, settled: Settled<Item>): Promise<object> {
  const endedAt = deps.clock.now().toISOString();
  if (settled.kind === "done") {
    const { facts, output = {} } = settled;
    await deps.table.patch(key, { ...facts, waitsFor: undefined, [`steps.${step}.endedAt`]: endedAt });
    await deps.announce?.(deploymentOf(key));
    if (token !== undefined) await deps.machine.succeed(token, output);
    return output;
  }
  const { name: error, message: cause } = settled.error;
  deps.log.info("Step failed", { step, error, cause });
  if (!(settled.error instanceof StepError)) deps.log.error("Unexpected error in step", settled.error);
  if (!(settled.error instanceof LockNotHeld)) {
    const failure = { step, error, cause };
    const failed = { status: "failed", failure, waitsFor: undefined, endedAt, [`steps.${step}.endedAt`]: endedAt };
    // The cause of an abort is kept: what the abort leaves behind (a stopped build) also fails.
    await deps.table.patch(key, failed, { status: "running" });
  }
  await deps.announce?.(deploymentOf(key));
  if (token === undefined) throw settled.error;
  await deps.machine.fail(token, { error, cause });
  return {};
}
