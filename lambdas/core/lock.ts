import * as z from "zod/mini";
import { LockNotHeld, ReleaseOutdated } from "./errors.ts";
import type { Machine } from "./machine.ts";
import { isOlder, orderPushes } from "./push-order.ts";
import { deploymentKey, loadRelease, type Push, push as pushSchema, type ReleaseRecord } from "./record.ts";
import type { Key, Table } from "./table.ts";

export const lockModes = ["supersede", "queue"] as const;
export type LockMode = (typeof lockModes)[number];

/** The holder may change the stage. The generation increases with every take-over, so that writes of earlier holders fail. */
const lockRecord = z.object({
  generation: z.number(),
  holder: z.optional(z.string()),
  deployment: z.optional(z.string()),
  takenAt: z.optional(z.string()),
  /** The newest push that ever held the lock: no older one gets it afterwards. */
  newest: z.optional(pushSchema),
  /** Set if a rollback or a restore failed: a person has to check the stage before the next deployment. */
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
  /** Announces that the state of a deployment, or of any, has changed. Only where the repository is on GitHub, which shows it. */
  readonly announce?: ((deployment?: string) => Promise<void>) | undefined;
}

export interface QueueState {
  readonly lock: LockRecord;
  readonly waiting: readonly WaitingPush[];
  readonly release: ReleaseRecord | undefined;
}

export interface QueueDecision {
  /** The push that gets the lock as soon as it is free: now, if `grant`. */
  readonly next?: WaitingPush;
  readonly grant: boolean;
  /** Superseded by `next`. */
  readonly superseded: readonly WaitingPush[];
  /** Superseded by a newer push that held the lock before they arrived. */
  readonly late: readonly WaitingPush[];
  /** Redriven after a newer release. */
  readonly outdated: readonly WaitingPush[];
}

const lockKey: Key = { pk: "lock", sk: "lock" };

/**
 * Decides what happens to the waiting pushes. An older push of the branch never follows a newer one. A holder whose execution has ended
 * keeps the lock: the rollback machine takes it over and undoes its work. A deployment of the configuration only comes before all pushes, and
 * any of them supersedes it: each deploys the current configuration.
 */
export function decideQueue({ lock, waiting, release }: QueueState): QueueDecision {
  const ordered = orderPushes(waiting).toSorted(
    (a, b) => Number(b.configOnly ?? false) - Number(a.configOnly ?? false),
  );
  const outdated = ordered.filter((push) => push.attempt > 0 && release !== undefined && isOlder(push, release));
  const late = ordered.filter(
    (push) => push.attempt === 0 && !push.configOnly && lock.newest !== undefined && isOlder(push, lock.newest),
  );
  const eligible = ordered.filter((push) => !outdated.includes(push) && !late.includes(push));
  const isSupersede = eligible.at(-1)?.mode === "supersede";
  const next = isSupersede ? eligible.at(-1) : eligible[0];
  return {
    ...(next && { next }),
    grant: next !== undefined && lock.holder === undefined && lock.frozen === undefined,
    superseded: isSupersede ? eligible.slice(0, -1) : [],
    late,
    outdated,
  };
}

/** Queues a push; its token is answered when it gets the lock, is superseded or refused. */
export async function joinQueue(table: Table, push: WaitingPush): Promise<void> {
  await table.put({ ...queueKey(push), ...push });
}

export async function leaveQueue(table: Table, push: Pick<WaitingPush, "deployment">): Promise<void> {
  await table.remove(queueKey(push));
}

/** Grants the lock and answers pushes as `decideQueue` decides. Safe at any time, also concurrently. */
export async function settleQueue(deps: LockDeps): Promise<void> {
  const rounds = 50;
  for (let round = 0; round < rounds; round++) {
    const state = await readQueue(deps);
    if (state.waiting.length === 0 || (await carryOut(deps, state))) return;
  }
  throw new Error(`The queue for the lock did not settle within ${rounds} rounds`);
}

export async function readLock(table: Table): Promise<LockRecord> {
  return z.parse(lockRecord, (await table.get(lockKey)) ?? { generation: 0 });
}

/** The conditional write before every side effect: it fails unless this generation still holds the lock. */
export async function holdLock(deps: LockDeps, holder: { execution: string; generation: number }): Promise<void> {
  const { execution, generation } = holder;
  const now = deps.clock.now().toISOString();
  if (await deps.table.patch(lockKey, { heldAt: now }, { holder: execution, generation })) return;
  throw new LockNotHeld(
    `The lock of the stage was taken over (this execution held generation ${generation}). The execution starts over at Acquire lock.`,
  );
}

/** Releases the lock; the generation and the newest push are kept. */
export async function freeLock(table: Table, holder: { execution: string; generation: number }): Promise<void> {
  const released = {
    holder: undefined,
    deployment: undefined,
    takenAt: undefined,
    heldAt: undefined,
    frozen: undefined,
  };
  await table.patch(lockKey, released, { holder: holder.execution, generation: holder.generation });
}

/** Takes the lock, from its holder if it has one. Returns the new generation, or `undefined` if the lock has changed since it was read. */
export async function takeOver(
  { table, clock }: Pick<LockDeps, "table" | "clock">,
  current: LockRecord,
  taker: {
    readonly execution: string;
    readonly deployment?: string | undefined;
    readonly newest?: Push | undefined;
  },
): Promise<number | undefined> {
  const generation = current.generation + 1;
  const taken = await table.patch(
    lockKey,
    {
      generation,
      holder: taker.execution,
      deployment: taker.deployment,
      takenAt: clock.now().toISOString(),
      newest: taker.newest ?? current.newest,
      frozen: undefined,
    },
    { generation: current.generation === 0 ? undefined : current.generation, holder: current.holder },
  );
  return taken ? generation : undefined;
}

/** No push gets the lock until `lockstep unlock`, or a redrive of the execution that failed. */
export async function freezeLock(
  { table, clock }: Pick<LockDeps, "table" | "clock">,
  holder: { readonly execution: string; readonly reason: string },
): Promise<void> {
  const frozen = { ...holder, since: clock.now().toISOString() };
  await table.patch(lockKey, { frozen }, { holder: holder.execution });
}

async function readQueue(deps: LockDeps): Promise<QueueState> {
  const waiting = (await deps.table.query("queue")).map((item) => z.parse(waitingPush, item));
  const lock = await readLock(deps.table);
  return { waiting, lock, release: await loadRelease(deps.table) };
}

/** Returns whether the queue is settled. */
async function carryOut(deps: LockDeps, state: QueueState): Promise<boolean> {
  const holding = state.waiting.find((push) => push.execution === state.lock.holder);
  if (holding) {
    // It was granted the lock, but the function that granted it failed before answering its token.
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

/** Takes the lock for a push; `undefined` if the lock has changed since it was read. */
function take(deps: LockDeps, current: LockRecord, push: WaitingPush): Promise<number | undefined> {
  const isOutOfOrder = push.configOnly || (current.newest && isOlder(push, current.newest));
  const newest = isOutOfOrder ? current.newest : z.parse(pushSchema, push);
  return takeOver(deps, current, { execution: push.execution, deployment: push.deployment, newest });
}

async function announce({ table, machine, clock }: LockDeps, push: WaitingPush, generation: number): Promise<void> {
  const endedAt = clock.now().toISOString();
  await table.patch(deploymentKey(push.deployment), { generation, "steps.Acquire lock.endedAt": endedAt });
  await machine.succeed(push.token, { outcome: "acquired", generation });
  await leaveQueue(table, push);
}

async function supersede(
  { table, machine, clock, announce }: LockDeps,
  push: WaitingPush,
  by = "a newer push",
): Promise<void> {
  const endedAt = clock.now().toISOString();
  await table.patch(deploymentKey(push.deployment), { status: "superseded", supersededBy: by, endedAt });
  await announce?.(push.deployment);
  await machine.succeed(push.token, { outcome: "superseded", by });
  await leaveQueue(table, push);
}

async function refuse({ table, machine }: LockDeps, push: WaitingPush, release?: ReleaseRecord): Promise<void> {
  const error = new ReleaseOutdated(
    `Commit ${push.commit.slice(0, 8)} is older than the current release: deployment ${release?.deployment} of commit ${release?.commit.slice(0, 8)} was released in the meantime. A redrive would replace it with an older commit.\nFix: push the change again on top of the branch.`,
  );
  const failure = { step: "Acquire lock", error: error.name, cause: error.message };
  await table.patch(deploymentKey(push.deployment), { status: "failed", failure });
  await machine.fail(push.token, { error: error.name, cause: error.message });
  await leaveQueue(table, push);
}

function queueKey({ deployment }: Pick<WaitingPush, "deployment">): Key {
  return { pk: "queue", sk: deployment };
}
