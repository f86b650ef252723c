import * as z from "zod/mini";
import { isTransient, LockNotHeld, StillWaiting } from "../core/errors.ts";
import { holdLock } from "../core/lock.ts";
import { loadRestore, type RestoreRecord, restoreKey, restoreRequest, type RestoreStepName } from "./record.ts";
import { type Ports, unavailable } from "../core/step.ts";

export interface RestoreWork {
  readonly record: RestoreRecord;
  readonly execution: string;
  readonly generation: number;
  /** Goes before every side effect; throws LockNotHeld for an actor whose time is over. */
  holdLock(): Promise<void>;
}

interface Done {
  readonly output?: object;
  readonly facts?: Partial<Omit<RestoreRecord, "steps">>;
}

/**
 * A step of a restore: looks, does the one next thing that is missing, and throws StillWaiting until there is nothing left to do.
 * Run again at any moment it goes on from what stands.
 */
export interface RestoreStep {
  readonly name: RestoreStepName;
  readonly run: (work: RestoreWork) => Promise<Done>;
  /** Only Acquire lock runs without the lock. */
  readonly withoutLock?: true;
}

const invocation = z.object({
  token: z.string(),
  execution: z.string(),
  redriveCount: z.number(),
  input: z.object({ ...restoreRequest.shape, generation: z.optional(z.number()) }),
});
type Invocation = z.infer<typeof invocation>;

/** A step of the restore machine as a function: answers its task token when it is done or has failed, throws what is to be retried. */
export function restoreStep(definition: RestoreStep, ports: Ports): (event: unknown) => Promise<void> {
  return async (event) => {
    const call = z.parse(invocation, event);
    const restore = call.execution.split(":").at(-1) ?? "";
    ports.log.appendKeys({ restore, step: definition.name, attempt: String(call.redriveCount) });
    await advance(definition, ports, { ...call, restore }).catch((error: unknown) => {
      throw isTransient(error) ? unavailable(error) : error;
    });
  };
}

type Call = Invocation & { restore: string };

async function advance(definition: RestoreStep, ports: Ports, call: Call): Promise<void> {
  const key = restoreKey(call.restore);
  try {
    const work = await begin(definition, ports, call);
    // A restore that is done has given the lock back; only Finish, run again, comes here.
    if (!definition.withoutLock && work.record.status !== "restored") await work.holdLock();
    const { output = {}, facts } = await definition.run(work);
    const endedAt = ports.clock.now().toISOString();
    await ports.table.patch(key, { ...facts, waitsFor: undefined, [`steps.${definition.name}.endedAt`]: endedAt });
    await ports.machine.succeed(call.token, output);
  } catch (error) {
    if (isTransient(error)) throw error;
    if (error instanceof StillWaiting) {
      await ports.table.patch(key, { waitsFor: error.message });
      throw error;
    }
    await fail(definition, ports, { call, error: error instanceof Error ? error : new Error(String(error)) });
  }
}

async function begin(definition: RestoreStep, ports: Ports, call: Call): Promise<RestoreWork> {
  const { execution, redriveCount: attempt } = call;
  const record = (await loadRestore(ports.table, call.restore)) ?? (await open(ports, call));
  const started = record.steps[definition.name];
  if (!started || started.endedAt !== undefined || record.attempt !== attempt) {
    const again = record.status === "failed" && { status: "running", failure: undefined, endedAt: undefined };
    const startedAt = ports.clock.now().toISOString();
    await ports.table.patch(restoreKey(call.restore), {
      ...again,
      attempt,
      [`steps.${definition.name}`]: { startedAt },
    });
  }
  const generation = call.input.generation ?? 0;
  return { record, execution, generation, holdLock: () => holdLock(ports, { execution, generation }) };
}

/** The record is opened by the first step, so a restore is listed however its execution was started. */
async function open({ table, clock }: Ports, { restore, execution, input, redriveCount }: Call) {
  const { generation: _, ...request } = input;
  const record: RestoreRecord = {
    restore,
    ...request,
    status: "running",
    execution,
    attempt: redriveCount,
    startedAt: clock.now().toISOString(),
    steps: {},
  };
  await table.put({ ...restoreKey(restore), ...record }, { pk: undefined });
  return record;
}

async function fail(
  { name: step }: RestoreStep,
  { log, table, machine, clock }: Ports,
  { call, error }: { call: Call; error: Error },
): Promise<void> {
  const failure = { error: error.name, cause: error.message };
  log.error(`${step} failed`, error);
  if (!(error instanceof LockNotHeld)) {
    const endedAt = clock.now().toISOString();
    await table.patch(restoreKey(call.restore), { status: "failed", failure: { step, ...failure }, endedAt });
  }
  await machine.fail(call.token, failure);
}
