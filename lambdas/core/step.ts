import * as z from "zod/mini";
import { AwsUnavailable, isTransient, LockNotHeld, lookAgain, StepError } from "./errors.ts";
import { holdLock, type LockPorts } from "./lock.ts";
import { deploymentKey, type DeploymentRecord, type Facts, loadRecord, push, type StepName } from "./record.ts";
import { forgetToken, keepToken, type WaitingRecord } from "./waiting.ts";

/** What is true about a step's effect, as AWS tells it. */
export type Observation =
  | { readonly kind: "absent" }
  | { readonly kind: "running"; readonly handle: string }
  /** It runs, but will not end well by itself: the step has to act. */
  | { readonly kind: "stuck"; readonly handle: string; readonly reason: string }
  | Settled;
export type Settled =
  | { readonly kind: "done"; readonly output?: object; readonly facts?: Facts }
  | { readonly kind: "failed"; readonly error: StepError; readonly attempt: number };

/**
 * What came of acting. `later`: it cannot be done yet; the next heartbeat, or an event on `handle`, looks again. `isOver`
 * asks once more whether it still has to wait, for the event may have come before anybody waited for it.
 */
export type Outcome =
  | { readonly kind: "running"; readonly handle: string }
  | { readonly kind: "later"; readonly reason: string; readonly handle?: string; isOver?(): Promise<boolean> }
  | Settled;

export interface Subject {
  readonly record: DeploymentRecord;
  readonly attempt: number;
}

export interface Work extends Subject {
  readonly execution: string;
  readonly token: string;
  readonly generation: number;
  /** Goes before every side effect; throws LockNotHeld for an actor whose time is over. */
  holdLock(): Promise<void>;
  /** Writes down an effect before (or as soon as) it is started; later attempts adopt it. */
  remember(facts: Facts): Promise<void>;
}

export interface Step {
  readonly name: StepName;
  readonly observe: (subject: Subject) => Promise<Observation>;
  readonly act: (work: Work, seen: Extract<Observation, { kind: "absent" | "stuck" }>) => Promise<Outcome>;
  /** Only Acquire lock runs without the lock. */
  readonly withoutLock?: true;
}

export interface Log {
  appendKeys(keys: Record<string, string>): void;
  info(message: string, detail: Record<string, unknown>): void;
  error(message: string, detail: Error): void;
}

export interface Ports extends LockPorts {
  readonly log: Log;
}

/** What the machine hands to every step's function. */
const invocation = z.object({
  token: z.string(),
  execution: z.string(),
  redriveCount: z.number(),
  input: z.object({ ...push.shape, generation: z.optional(z.number()) }),
});
export type Invocation = z.infer<typeof invocation>;

/** A step of the machine as a function: observes, acts when there is nothing to observe, and answers the task token or keeps it. */
export function step(definition: Step, ports: Ports): (event: unknown) => Promise<void> {
  return async (event) => {
    const call = z.parse(invocation, event);
    const { deployment } = call.input;
    ports.log.appendKeys({ deployment, step: definition.name, attempt: String(call.redriveCount) });
    const waiting = { token: call.token, step: definition.name, deployment };
    await advance(definition, ports, call)
      .catch((error: unknown) => {
        if (isTransient(error)) throw error;
        return settle(ports, waiting, failure(error, ports));
      })
      .catch((error: unknown) => {
        throw isTransient(error) ? unavailable(error) : error;
      });
  };
}

/** Observes, and counts a failure of an earlier attempt as nothing: a redrive is there to do it anew. */
export async function observe(observer: Step["observe"], subject: Subject): Promise<Observation> {
  const seen = await observer(subject);
  return seen.kind === "failed" && seen.attempt < subject.attempt ? { kind: "absent" } : seen;
}

/** Writes the end of a step down and answers its token. */
export async function settle(
  ports: Ports,
  waiting: Pick<WaitingRecord, "token" | "step" | "deployment">,
  settled: Settled | { kind: "failed"; error: Error },
): Promise<void> {
  const key = deploymentKey(waiting.deployment);
  const now = ports.clock.now().toISOString();
  if (settled.kind === "done") {
    await ports.table.patch(key, { ...settled.facts, [`steps.${waiting.step}.endedAt`]: now });
    await ports.machine.succeed(waiting.token, settled.output ?? {});
    return;
  }
  const { name: error, message: cause } = settled.error;
  ports.log.info(`${waiting.step} failed`, { error, cause });
  if (!(settled.error instanceof LockNotHeld)) {
    const failed = { status: "failed", failure: { step: waiting.step, error, cause }, endedAt: now };
    // What an abort leaves behind (a build that is stopped) must not tell over it.
    await ports.table.patch(key, { ...failed, [`steps.${waiting.step}.endedAt`]: now }, { status: "running" });
  }
  await ports.machine.fail(waiting.token, { error, cause });
}

async function advance(definition: Step, ports: Ports, call: Invocation): Promise<void> {
  const work = await begin(definition, ports, call);
  // A succeeded deployment has given the lock back; only Finish, run again, comes here.
  if (!definition.withoutLock && work.record.status !== "succeeded") await work.holdLock();
  const seen = await observe(definition.observe, work);
  const outcome = seen.kind === "absent" || seen.kind === "stuck" ? await definition.act(work, seen) : seen;
  const waiting = { token: call.token, step: definition.name, deployment: call.input.deployment };
  if (outcome.kind === "done" || outcome.kind === "failed") return settle(ports, waiting, outcome);
  if (outcome.kind === "later") ports.log.info("Waits", { reason: outcome.reason });
  if (outcome.handle === undefined) return;
  await keepToken(ports.table, outcome.handle, { ...waiting, execution: call.execution, attempt: call.redriveCount });
  if (outcome.kind === "later" && (await outcome.isOver?.())) {
    await ports.machine.fail(call.token, { error: lookAgain, cause: `No more: ${outcome.reason}` });
    return forgetToken(ports.table, { sk: outcome.handle, token: call.token });
  }
  // The event may have come while nobody waited yet.
  const again = await observe(definition.observe, work);
  if (again.kind !== "done" && again.kind !== "failed") return;
  await settle(ports, waiting, again);
  await forgetToken(ports.table, { sk: outcome.handle, token: call.token });
}

async function begin(definition: Step, ports: Ports, call: Invocation): Promise<Work> {
  const { input, execution, redriveCount: attempt } = call;
  const table = ports.table;
  const key = deploymentKey(input.deployment);
  const loaded = (await loadRecord(table, input.deployment)) ?? (await open(ports, call));
  let record = loaded;
  const started = record.steps[definition.name];
  if (!started || started.attempt !== attempt || record.status === "failed") {
    const timing = { startedAt: ports.clock.now().toISOString(), attempt };
    await table.patch(key, {
      ...(record.status === "failed" && { status: "running", failure: undefined, endedAt: undefined }),
      attempt,
      [`steps.${definition.name}`]: timing,
    });
    record = { ...record, attempt, steps: { ...record.steps, [definition.name]: timing } };
  }
  const generation = input.generation ?? 0;
  return {
    get record() {
      return record;
    },
    attempt,
    execution,
    token: call.token,
    generation,
    holdLock: () => holdLock(ports, { execution, generation }),
    async remember(facts) {
      await table.patch(key, facts);
      record = { ...record, ...facts };
    },
  };
}

/** The record is opened by the first step, so a deployment is listed however its execution was started. */
async function open(
  { table, clock }: Ports,
  { input, execution, redriveCount }: Invocation,
): Promise<DeploymentRecord> {
  const { generation: _, ...pushed } = input;
  const record: DeploymentRecord = {
    ...pushed,
    status: "running",
    execution,
    attempt: redriveCount,
    createdAt: clock.now().toISOString(),
    steps: {},
  };
  await table.put({ ...deploymentKey(input.deployment), ...record }, { pk: undefined });
  return record;
}

export function unavailable(cause: unknown): AwsUnavailable {
  const detail = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  return new AwsUnavailable(`AWS did not answer as it should, the step is run again. ${detail}`, { cause });
}

function failure(thrown: unknown, { log }: Ports): { kind: "failed"; error: Error } {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  if (!(error instanceof StepError)) log.error("The step ended in an unforeseen error", error);
  return { kind: "failed", error };
}
