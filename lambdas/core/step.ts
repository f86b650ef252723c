import * as z from "zod/mini";
import { asUnavailable, assertNever, isTransient, LockNotHeld, reobserve, type StepError } from "./errors.ts";
import {
  beginStep,
  type Call,
  type Deps,
  type Facts as FactsOf,
  type Journal,
  parseCall,
  type Place,
  settle,
  type Settled,
  type Work as WorkOf,
} from "./journal.ts";
import type { DeploymentRecord, ExecutionRecord } from "./record.ts";
import { deleteToken, saveToken } from "./waiting.ts";

export type Facts<Item = DeploymentRecord> = FactsOf<Item>;
export type Work<Item = DeploymentRecord> = WorkOf<Item>;

interface Done<Item> {
  readonly kind: "done";
  readonly output?: object;
  readonly facts?: Facts<Item>;
}
interface Failed {
  readonly kind: "failed";
  readonly error: StepError;
  readonly attempt: number;
}
interface Running {
  readonly kind: "running";
  readonly waitKey: string;
  /** What it waits for, for people. */
  readonly reason?: string;
}
interface Absent {
  readonly kind: "absent";
}
/** It is running but cannot succeed: the step has to act. */
interface Stuck {
  readonly kind: "stuck";
  readonly waitKey: string;
  readonly reason: string;
}

/** The state of a step's effect, as reported by AWS. */
export type Observation<Item = DeploymentRecord> = Absent | Running | Stuck | Done<Item> | Failed;

export type Outcome<Item = DeploymentRecord> =
  | Running
  | Done<Item>
  | Failed
  /** Not possible yet; the next heartbeat tries again. */
  | { readonly kind: "later"; readonly reason: string }
  /** Not possible until something ends that an event on `waitKey` announces. */
  | { readonly kind: "blocked"; readonly reason: string; readonly waitKey: string; until(): Promise<boolean> }
  /** Its preconditions are gone: the machine returns to Acquire lock and walks through the steps again. */
  | { readonly kind: "start over"; readonly reason: string };

export interface Subject<Item = DeploymentRecord> {
  readonly record: Item;
  readonly attempt: number;
}

export type Observe<Item = DeploymentRecord> = (subject: Subject<Item>) => Promise<Observation<Item>>;

export interface Step<Item = DeploymentRecord> {
  readonly name: string;
  /** Missing for a step whose effect leaves nothing to adopt: it always acts. */
  readonly observe?: Observe<Item>;
  readonly act: (work: Work<Item>, observed: Absent | Stuck) => Promise<Outcome<Item>>;
  /** Acquires the lock itself, or only reads. */
  readonly withoutLock?: true;
}

/** Below the shortest heartbeat that a stage can configure, `heartbeatSeconds` in lib/config/stage.ts. */
const heartbeatMilliseconds = 2_000;

type Handler = (event: unknown) => Promise<object>;

interface Waiting {
  readonly kind: "waiting";
}

interface Frame<Input, Item extends ExecutionRecord> {
  readonly journal: Journal<Input, Item>;
  readonly definition: Step<Item>;
  readonly deps: Deps;
}

/** A step of a machine as a function: observes, acts if there is nothing to observe, and answers the task token or saves it. */
export function step<Input, Item extends ExecutionRecord>(
  journal: Journal<Input, Item>,
  definition: Step<Item>,
  deps: Deps,
): Handler {
  return async (event) => {
    const call = parseCall(journal, event);
    deps.log.appendKeys({ [journal.kind]: call.id, step: definition.name, attempt: String(call.attempt) });
    const place = { key: { pk: journal.kind, sk: call.id }, step: definition.name, token: call.token };
    const heartbeats = setInterval(() => void sendHeartbeat(deps, call), heartbeatMilliseconds);
    try {
      const ended = await advance({ journal, definition, deps }, call, place).catch(failure);
      return ended.kind === "waiting" ? {} : await settle(deps, place, ended);
    } catch (error) {
      throw asUnavailable(error);
    } finally {
      clearInterval(heartbeats);
    }
  };
}

/** While a function works its token must not time out: its answer, after a long probe, would be lost. */
async function sendHeartbeat({ machine, log }: Deps, { token }: Call<unknown>): Promise<void> {
  if (token === undefined) return;
  await machine.isWaiting(token).catch((error: unknown) => log.info("Heartbeat not sent", { error: String(error) }));
}

function failure(thrown: unknown): { kind: "failed"; error: Error } {
  if (isTransient(thrown)) throw thrown;
  return { kind: "failed", error: thrown instanceof Error ? thrown : new Error(String(thrown)) };
}

/** Steps that share a function; the machine names the one to run. */
export function steps<Input, Item extends ExecutionRecord>(
  journal: Journal<Input, Item>,
  definitions: readonly Step<Item>[],
  deps: Deps,
): Handler {
  const handlers = new Map(definitions.map((definition) => [definition.name, step(journal, definition, deps)]));
  return async (event) => {
    const { step: name } = z.parse(z.looseObject({ step: z.string() }), event);
    const handler = handlers.get(name);
    if (!handler) throw new Error(`This function has no step ${name}, only ${[...handlers.keys()].join(", ")}`);
    return handler(event);
  };
}

/** Observes. A failure of an earlier attempt does not count: a redrive tries again. */
export async function observe<Item>(observer: Observe<Item>, subject: Subject<Item>): Promise<Observation<Item>> {
  const observed = await observer(subject);
  return observed.kind === "failed" && observed.attempt < subject.attempt ? { kind: "absent" } : observed;
}

async function advance<Input, Item extends ExecutionRecord>(
  { journal, definition, deps }: Frame<Input, Item>,
  call: Call<Input>,
  place: Place,
): Promise<Settled<Item> | Waiting> {
  const work = await beginStep({ journal, deps, step: definition.name }, call);
  // A finished execution has released the lock; only its last step, run again, comes here.
  if (!definition.withoutLock && work.record.status !== journal.finished) await work.holdLock();
  const look = async (): Promise<Observation<Item>> =>
    definition.observe ? observe(definition.observe, work) : { kind: "absent" };
  const observed = await look();
  const outcome =
    observed.kind === "absent" || observed.kind === "stuck" ? await definition.act(work, observed) : observed;
  const recordReason = async (reason: string) => {
    deps.log.info("Step waits", { reason });
    await deps.table.patch(place.key, { waitsFor: reason });
  };
  switch (outcome.kind) {
    case "done":
    case "failed":
      return outcome;
    case "start over":
      return { kind: "failed", error: new LockNotHeld(outcome.reason) };
    case "later":
      await recordReason(outcome.reason);
      return { kind: "waiting" };
    case "blocked": {
      await recordReason(outcome.reason);
      const until = async () =>
        (await outcome.until()) &&
        deps.machine.fail(tokenOf(place), { error: reobserve, cause: `No longer blocked: ${outcome.reason}` });
      return waitFor({ deps, call, place }, outcome.waitKey, until);
    }
    case "running": {
      if (outcome.reason !== undefined) await recordReason(outcome.reason);
      const ended = async () => {
        const again = await look();
        return (again.kind === "done" || again.kind === "failed") && settle(deps, place, again);
      };
      return waitFor({ deps, call, place }, outcome.waitKey, ended);
    }
    default:
      return assertNever(outcome);
  }
}

/** Saves the token under the key of what it waits for, then checks once more: the event may have come before it was saved. */
async function waitFor(
  { deps, call, place }: { deps: Deps; call: Call<unknown>; place: Place },
  waitKey: string,
  hasEnded: () => Promise<unknown>,
): Promise<Waiting> {
  const token = tokenOf(place);
  const { execution, attempt } = call;
  await saveToken(deps.table, waitKey, { token, step: place.step, deployment: call.id, execution, attempt });
  if (await hasEnded()) await deleteToken(deps.table, { sk: waitKey, token });
  return { kind: "waiting" };
}

function tokenOf({ step: name, token }: Place): string {
  if (token === undefined) throw new Error(`Step ${name} has to wait, but was invoked without a task token`);
  return token;
}
