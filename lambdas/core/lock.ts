import * as z from "zod/mini";
import { LockNotHeld, ReleaseOutdated } from "./errors.ts";
import type { Machine } from "./machine.ts";
import { isOlder, orderPushes } from "./push-order.ts";
import { deploymentKey, loadRelease, type Push, push as pushSchema, type ReleaseRecord } from "./record.ts";
import type { Key, Table } from "./table.ts";

export const lockModes = ["supersede", "queue"] as const;
export type LockMode = (typeof lockModes)[number];

/** Who may change the stage. The generation is raised at each take-over and never lowered, so it fences late actors. */
const lockRecord = z.object({
  generation: z.number(),
  holder: z.optional(z.string()),
  deployment: z.optional(z.string()),
  takenAt: z.optional(z.string()),
  /** The newest push that ever held the lock: nothing older may follow it. */
  newest: z.optional(pushSchema),
  /** Set when what held the lock could not undo or finish its work: a person has to look before anybody goes on. */
  frozen: z.optional(z.object({ reason: z.string(), since: z.string(), execution: z.string() })),
});
export type LockRecord = z.infer<typeof lockRecord>;

const waitingPush = z.object({
  ...pushSchema.shape,
  execution: z.string(),
  attempt: z.number(),
  token: z.string(),
  mode: z.enum(lockModes),
  enqueuedAt: z.string(),
});
export type WaitingPush = z.infer<typeof waitingPush>;

export interface LockDeps {
  readonly table: Table;
  readonly machine: Machine;
  readonly clock: { now(): Date };
}

export interface QueueState {
  readonly lock: LockRecord;
  readonly waiting: readonly WaitingPush[];
  readonly release: ReleaseRecord | undefined;
}

export interface QueueDecision {
  /** Who gets the lock as soon as it is free: now, if `grant`. */
  readonly next?: WaitingPush;
  readonly grant: boolean;
  /** They give way to `next`. */
  readonly superseded: readonly WaitingPush[];
  /** A newer push of the branch has had the lock before they came. */
  readonly late: readonly WaitingPush[];
  /** Redriven after a newer release. */
  readonly outdated: readonly WaitingPush[];
}

const lockKey: Key = { pk: "lock", sk: "lock" };

/**
 * What is to become of the waiting pushes. Never lets an older push of the branch follow a newer one. A holder that has
 * died keeps the lock from them: what it left undone is the rollback machine's, which takes the lock over.
 */
export function decideQueue({ lock, waiting, release }: QueueState): QueueDecision {
  const ordered = orderPushes(waiting);
  const outdated = ordered.filter((push) => push.attempt > 0 && release !== undefined && isOlder(push, release));
  const late = ordered.filter((push) => push.attempt === 0 && lock.newest !== undefined && isOlder(push, lock.newest));
  const eligible = ordered.filter((push) => !outdated.includes(push) && !late.includes(push));
  const supersede = eligible.at(-1)?.mode === "supersede";
  const next = supersede ? eligible.at(-1) : eligible[0];
  return {
    ...(next && { next }),
    grant: next !== undefined && lock.holder === undefined && lock.frozen === undefined,
    superseded: supersede ? eligible.slice(0, -1) : [],
    late,
    outdated,
  };
}

/** Puts a push into the queue; its token is answered when it gets the lock, or never will. */
export async function joinQueue(table: Table, push: WaitingPush): Promise<void> {
  await table.put({ ...queueKey(push), ...push });
}

export async function leaveQueue(table: Table, push: Pick<WaitingPush, "deployment">): Promise<void> {
  await table.remove(queueKey(push));
}

/** Carries out what the queue calls for. Safe to run by anybody, at any time, twice at once. */
export async function settleQueue(deps: LockDeps): Promise<void> {
  const rounds = 50;
  for (let round = 0; round < rounds; round++) {
    const state = await readQueue(deps);
    if (state.waiting.length === 0 || (await carryOut(deps, state))) return;
  }
  throw new Error(`The queue for the lock did not settle in ${rounds} rounds`);
}

export async function readLock(table: Table): Promise<LockRecord> {
  return z.parse(lockRecord, (await table.get(lockKey)) ?? { generation: 0 });
}

/** The conditional write that goes before every side effect: it fails for everyone but the holder of this generation. */
export async function holdLock(deps: LockDeps, holder: { execution: string; generation: number }): Promise<void> {
  const { execution, generation } = holder;
  const now = deps.clock.now().toISOString();
  if (await deps.table.patch(lockKey, { heldAt: now }, { holder: execution, generation })) return;
  throw new LockNotHeld(
    `This deployment no longer holds the lock of the stage (it held generation ${generation}); it has to acquire it again.`,
  );
}

/** Gives the lock back; the generation and the newest push stay. */
export async function freeLock(table: Table, holder: { execution: string; generation: number }): Promise<void> {
  const nobody = { holder: undefined, deployment: undefined, takenAt: undefined, heldAt: undefined, frozen: undefined };
  await table.patch(lockKey, nobody, { holder: holder.execution, generation: holder.generation });
}

/** Takes the lock as it was seen, from its holder or from nobody; answers the new generation, or `undefined` when the lock is not as it was seen. */
export async function takeOver(
  { table, clock }: Pick<LockDeps, "table" | "clock">,
  seen: LockRecord,
  taker: {
    readonly execution: string;
    readonly deployment?: string | undefined;
    readonly newest?: Push | undefined;
  },
): Promise<number | undefined> {
  const generation = seen.generation + 1;
  const taken = await table.patch(
    lockKey,
    {
      generation,
      holder: taker.execution,
      deployment: taker.deployment,
      takenAt: clock.now().toISOString(),
      newest: taker.newest ?? seen.newest,
      frozen: undefined,
    },
    { generation: seen.generation === 0 ? undefined : seen.generation, holder: seen.holder },
  );
  return taken ? generation : undefined;
}

/** Nobody is given the lock any more until a person has looked: `lockstep unlock`, or a redrive of what failed. */
export async function freezeLock(
  { table, clock }: Pick<LockDeps, "table" | "clock">,
  holder: { readonly execution: string; readonly reason: string },
): Promise<void> {
  const frozen = { ...holder, since: clock.now().toISOString() };
  await table.patch(lockKey, { frozen }, { holder: holder.execution, frozen: undefined });
}

async function readQueue(deps: LockDeps): Promise<QueueState> {
  const waiting = (await deps.table.query("queue")).map((item) => z.parse(waitingPush, item));
  const lock = await readLock(deps.table);
  return { waiting, lock, release: await loadRelease(deps.table) };
}

/** Answers whom it can; says whether the queue is settled with that. */
async function carryOut(deps: LockDeps, state: QueueState): Promise<boolean> {
  const holding = state.waiting.find((push) => push.execution === state.lock.holder);
  if (holding) {
    // It was given the lock by somebody who did not live to say so.
    await announce(deps, holding, state.lock.generation);
    return false;
  }
  const { next, grant, superseded, late, outdated } = decideQueue(state);
  if (next && (grant || superseded.length > 0) && !(await deps.machine.isRunning(next.execution))) {
    await leaveQueue(deps.table, next);
    return false;
  }
  const generation = next && grant ? await take(deps, state.lock, next) : undefined;
  if (grant && generation === undefined) return false;
  for (const push of late) await supersede(deps, push, state.lock.newest?.deployment);
  for (const push of superseded) await supersede(deps, push, next?.deployment);
  for (const push of outdated) await refuse(deps, push, state.release);
  if (next && generation !== undefined) await announce(deps, next, generation);
  return true;
}

/** Takes the lock for a push as it was seen; `undefined` when somebody was faster. */
function take(deps: LockDeps, seen: LockRecord, push: WaitingPush): Promise<number | undefined> {
  const newest = seen.newest && isOlder(push, seen.newest) ? seen.newest : z.parse(pushSchema, push);
  return takeOver(deps, seen, { execution: push.execution, deployment: push.deployment, newest });
}

async function announce({ table, machine, clock }: LockDeps, push: WaitingPush, generation: number): Promise<void> {
  const endedAt = clock.now().toISOString();
  await table.patch(deploymentKey(push.deployment), { generation, "steps.Acquire lock.endedAt": endedAt });
  await machine.succeed(push.token, { outcome: "acquired", generation });
  await leaveQueue(table, push);
}

async function supersede({ table, machine, clock }: LockDeps, push: WaitingPush, by = "a newer push"): Promise<void> {
  const endedAt = clock.now().toISOString();
  await table.patch(deploymentKey(push.deployment), { status: "superseded", supersededBy: by, endedAt });
  await machine.succeed(push.token, { outcome: "superseded", by });
  await leaveQueue(table, push);
}

async function refuse({ table, machine }: LockDeps, push: WaitingPush, release?: ReleaseRecord): Promise<void> {
  const error = new ReleaseOutdated(
    `Commit ${push.commit.slice(0, 8)} was pushed before ${release?.commit.slice(0, 8)}, which has been released since by deployment ${release?.deployment}. Redriving it would put an older release over a newer one: push the change again on top of the branch.`,
  );
  const failure = { step: "Acquire lock", error: error.name, cause: error.message };
  await table.patch(deploymentKey(push.deployment), { status: "failed", failure });
  await machine.fail(push.token, { error: error.name, cause: error.message });
  await leaveQueue(table, push);
}

function queueKey({ deployment }: Pick<WaitingPush, "deployment">): Key {
  return { pk: "queue", sk: deployment };
}
