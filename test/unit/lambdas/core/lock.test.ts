import * as fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import {
  decideQueue,
  freeLock,
  holdLock,
  joinQueue,
  type LockMode,
  type LockRecord,
  type QueueState,
  readLock,
  settleQueue,
  takeOver,
  type WaitingPush,
} from "../../../../lambdas/core/lock.ts";
import { type ReleaseRecord, currentRelease, deploymentKey } from "../../../../lambdas/core/record.ts";
import { giveLock, type MemoryDeps, memoryDeps } from "../support/deps.ts";

/** The push number `n` of a branch. */
function waitingPush(n: number, mode: LockMode = "supersede", changes: Partial<WaitingPush> = {}): WaitingPush {
  return {
    deployment: `d${n}`,
    repository: "shop",
    branch: "main",
    commit: `c${n}`,
    previousCommit: `c${n - 1}`,
    pushedAt: new Date(Date.UTC(2026, 0, 1, 12, 0, n)).toISOString(),
    execution: `execution-${n}`,
    attempt: 0,
    token: `token-${n}`,
    mode,
    enqueuedAt: new Date(Date.UTC(2026, 0, 1, 13, 0, n)).toISOString(),
    ...changes,
  };
}

function release(n: number): ReleaseRecord {
  const { deployment, commit, pushedAt } = waitingPush(n);
  const image = { imageUri: "i@sha256:1", imageDigest: "sha256:1", taskDefinitionArn: "t", deployedAt: pushedAt };
  return { deployment, commit, pushedAt, ...image };
}

const empty: QueueState = { lock: { generation: 0 }, waiting: [], release: undefined };

describe("the decision on waiting pushes", () => {
  test("the newest supersedes the others", () => {
    const waiting = [3, 1, 2].map((n) => waitingPush(n));
    const { next, superseded, grant } = decideQueue({ ...empty, waiting });
    expect([next?.deployment, ...superseded.map(({ deployment }) => deployment)]).toEqual(["d3", "d1", "d2"]);
    expect(grant).toBe(true);
  });

  test("in a queue the oldest is first and none is superseded", () => {
    const waiting = [3, 1, 2].map((n) => waitingPush(n, "queue"));
    expect(decideQueue({ ...empty, waiting })).toMatchObject({
      next: { deployment: "d1" },
      superseded: [],
      grant: true,
    });
  });

  test("grants no lock that is held or frozen", () => {
    const frozen = { reason: "RollbackFailed", since: "2026-01-01T12:00:00Z", execution: "execution-1" };
    for (const lock of [
      { generation: 4, holder: "execution-1" },
      { generation: 4, frozen },
    ]) {
      expect(decideQueue({ ...empty, lock, waiting: [waitingPush(2)] }).grant).toBe(false);
    }
  });

  test("any push comes after a deployment of the configuration only, and supersedes it", () => {
    const configuration = waitingPush(9, "supersede", { configOnly: true });
    const { next, superseded } = decideQueue({ ...empty, waiting: [waitingPush(1), configuration] });
    expect([next?.deployment, ...superseded.map(({ deployment }) => deployment)]).toEqual(["d1", "d9"]);
    const queue = [waitingPush(1, "queue"), waitingPush(9, "queue", { configOnly: true })];
    expect(decideQueue({ ...empty, waiting: queue })).toMatchObject({ next: { deployment: "d9" }, superseded: [] });
    const lock = { generation: 4, newest: waitingPush(10) };
    expect(decideQueue({ ...empty, lock, waiting: [configuration] })).toMatchObject({
      next: { deployment: "d9" },
      late: [],
    });
  });

  test("a push that comes after a newer one has had the lock is late, in both modes", () => {
    const lock = { generation: 4, newest: waitingPush(5) };
    for (const mode of ["supersede", "queue"] as const) {
      const { late, next } = decideQueue({ ...empty, lock, waiting: [waitingPush(4, mode)] });
      expect(late.map(({ deployment }) => deployment)).toEqual(["d4"]);
      expect(next).toBeUndefined();
    }
  });

  test("within a second, the previous commit decides which push is late", () => {
    const pushedAt = "2026-01-01T12:00:00Z";
    const lock = { generation: 4, newest: waitingPush(5, "queue", { pushedAt }) };
    const decided = (n: number) => decideQueue({ ...empty, lock, waiting: [waitingPush(n, "queue", { pushedAt })] });
    expect(decided(4).late).toHaveLength(1);
    expect(decided(6).late).toHaveLength(0);
  });

  test("a redrive after a newer release is outdated", () => {
    const redriven = waitingPush(4, "supersede", { attempt: 1 });
    expect(decideQueue({ ...empty, release: release(5), waiting: [redriven] }).outdated).toHaveLength(1);
  });

  test("a redrive of the newest push is granted", () => {
    const redriven = waitingPush(5, "supersede", { attempt: 1 });
    const lock = { generation: 4, newest: waitingPush(5) };
    expect(decideQueue({ ...empty, lock, release: release(4), waiting: [redriven] }).grant).toBe(true);
  });

  test("pushes of one second are ordered by the previous commit", () => {
    const pushedAt = "2026-01-01T12:00:00Z";
    const waiting = [2, 3, 1].map((n) => waitingPush(n, "queue", { pushedAt, enqueuedAt: `${9 - n}` }));
    expect(decideQueue({ ...empty, waiting }).next?.deployment).toBe("d1");
    const supersede = waiting.map((push) => ({ ...push, mode: "supersede" as const }));
    expect(decideQueue({ ...empty, waiting: supersede }).next?.deployment).toBe("d3");
  });
});

describe("the lock", () => {
  let deps: MemoryDeps;
  const holder = async () => (await readLock(deps.table)).holder;

  async function arrive(push: WaitingPush): Promise<void> {
    deps.machine.running.add(push.execution);
    await deps.table.put({ ...deploymentKey(push.deployment), status: "running", steps: { "Acquire lock": {} } });
    await joinQueue(deps.table, push);
    await settleQueue(deps);
  }

  beforeEach(() => {
    deps = memoryDeps();
  });

  test("goes to the first push at once", async () => {
    await arrive(waitingPush(1));
    expect(deps.machine.answers.get("token-1")).toEqual({ output: { outcome: "acquired", generation: 1 } });
    expect(await deps.table.query("queue")).toEqual([]);
  });

  test("supersedes a waiting push, and names the newer one, while the holder is running", async () => {
    for (const n of [1, 2, 3]) await arrive(waitingPush(n));
    expect(deps.machine.answers.get("token-2")).toEqual({ output: { outcome: "superseded", by: "d3" } });
    expect(deps.machine.answers.has("token-3")).toBe(false);
    expect(await holder()).toBe("execution-1");
  });

  test("goes to a push that waited behind a deployment of the configuration only, although that was requested later", async () => {
    await arrive(waitingPush(1));
    await arrive(waitingPush(9, "supersede", { configOnly: true }));
    await freeLock(deps.table, { execution: "execution-1", generation: 1 });
    await settleQueue(deps);
    expect(await holder()).toBe("execution-9");
    await arrive(waitingPush(2));
    await freeLock(deps.table, { execution: "execution-9", generation: 2 });
    await settleQueue(deps);
    expect(await holder()).toBe("execution-2");
  });

  test("is not granted to an execution that ended while it waited", async () => {
    await arrive(waitingPush(1));
    await arrive(waitingPush(2, "queue"));
    await arrive(waitingPush(3, "queue"));
    deps.machine.running.delete("execution-2");
    await freeLock(deps.table, { execution: "execution-1", generation: 1 });
    await settleQueue(deps);
    expect(await holder()).toBe("execution-3");
  });

  test("a push whose execution has ended supersedes no other", async () => {
    await arrive(waitingPush(1));
    await arrive(waitingPush(2));
    await joinQueue(deps.table, waitingPush(3));
    await settleQueue(deps);
    expect(deps.machine.answers.has("token-2")).toBe(false);
    expect((await deps.table.query("queue")).map(({ sk }) => sk)).toEqual(["d2"]);
  });

  test("stays with an ended holder until a rollback takes it over, at a higher generation", async () => {
    await arrive(waitingPush(1));
    deps.machine.running.delete("execution-1");
    await arrive(waitingPush(2));
    expect(await holder()).toBe("execution-1");
    expect(await takeOver(deps, await readLock(deps.table), { execution: "rollback-1" })).toBe(2);
    expect(await readLock(deps.table)).toMatchObject({ holder: "rollback-1", generation: 2 });
    const former = holdLock(deps, { execution: "execution-1", generation: 1 });
    await expect(former).rejects.toMatchObject({ name: "LockNotHeld" });
  });

  test("is granted to one of two concurrent takers", async () => {
    const { table } = deps;
    const overtaken = Object.create(table, {
      patch: {
        value: async (...change: Parameters<typeof table.patch>) => {
          if (change[0].pk === "lock" && (await readLock(table)).holder === undefined) {
            deps.machine.running.add("execution-9");
            await giveLock(deps, "execution-9", 7);
          }
          return table.patch(...change);
        },
      },
    }) as typeof table; // the same table, but for the moment before it is written
    await joinQueue(table, waitingPush(1));
    deps.machine.running.add("execution-1");
    await settleQueue({ ...deps, table: overtaken });
    expect(await readLock(table)).toMatchObject({ holder: "execution-9", generation: 7 });
    expect(deps.machine.answers.size).toBe(0);
  });

  test("refuses a redrive that would replace a newer release with an older one", async () => {
    await deps.table.put({ ...currentRelease, ...release(2) });
    await arrive(waitingPush(1, "supersede", { attempt: 1 }));
    expect(deps.machine.answers.get("token-1")).toMatchObject({ error: "ReleaseOutdated" });
  });

  test("is not freed by a former holder", async () => {
    await arrive(waitingPush(1));
    await takeOver(deps, await readLock(deps.table), { execution: "rollback-1" });
    await freeLock(deps.table, { execution: "execution-1", generation: 1 });
    expect(await holder()).toBe("rollback-1");
  });

  test("is announced again if the function that granted it failed before", async () => {
    await arrive(waitingPush(1));
    await joinQueue(deps.table, waitingPush(1, "supersede", { token: "token-1b" }));
    await settleQueue(deps);
    expect(deps.machine.answers.get("token-1b")).toEqual({ output: { outcome: "acquired", generation: 1 } });
  });

  describe("in any sequence of events", () => {
    const command = fc.oneof(
      { weight: 3, arbitrary: fc.record({ kind: fc.constant("push"), late: fc.nat(3) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant("finish"), late: fc.constant(0) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("die"), late: fc.constant(0) }) },
    );
    const commands = fc.array(command, { maxLength: 40 });
    const modes = fc.constantFrom<LockMode>("supersede", "queue");
    const ascending = (numbers: number[]) => numbers.every((n, index) => index === 0 || n > (numbers[index - 1] ?? n));

    async function rollBack(lock: LockRecord): Promise<void> {
      const generation = (await takeOver(deps, lock, { execution: "rollback" })) ?? 0;
      await settleQueue(deps);
      expect(await holder()).toBe("rollback");
      await freeLock(deps.table, { execution: "rollback", generation });
    }

    /** Runs the commands; `granted` are the pushes that got the lock, in that order. */
    async function run(list: { kind: string; late: number }[], mode: LockMode) {
      deps = memoryDeps();
      const granted = new Map<number, number>();
      const pushed = new Set<number>();
      for (const [index, { kind, late }] of list.entries()) {
        const lock = await readLock(deps.table);
        const n = 1000 + 4 * (index - late); // an event may arrive after those of later pushes
        if (kind === "push" && !pushed.has(n)) {
          pushed.add(n);
          await arrive(waitingPush(n, mode));
        } else if (kind !== "push" && lock.holder !== undefined) {
          deps.machine.running.delete(lock.holder);
          const { holder: execution, generation } = lock;
          if (kind === "finish") await freeLock(deps.table, { execution, generation });
          else await rollBack(lock);
          await settleQueue(deps);
        }
        const { holder, generation } = await readLock(deps.table);
        if (holder !== undefined) granted.set(Number(holder.split("-")[1]), generation);
      }
      const queued = (await deps.table.query("queue")).map(({ sk }) => Number(sk.slice(1)));
      return { granted, pushed: [...pushed], queued };
    }

    test("an older push never follows a newer one, and the generation only rises", async () => {
      const holds = fc.asyncProperty(commands, modes, async (list, mode) => {
        const { granted } = await run(list, mode);
        return ascending([...granted.keys()]) && ascending([...granted.values()]);
      });
      expect(await fc.check(holds, { numRuns: 200 })).toMatchObject({ failed: false });
    });

    test("every push waits or is answered, and the newest is never dropped", async () => {
      const holds = fc.asyncProperty(commands, modes, async (list, mode) => {
        const { granted, pushed, queued } = await run(list, mode);
        const known = (n: number) => queued.includes(n) || deps.machine.answers.has(`token-${n}`);
        const newest = Math.max(...pushed);
        return pushed.every(known) && (pushed.length === 0 || granted.has(newest) || queued.includes(newest));
      });
      expect(await fc.check(holds, { numRuns: 200 })).toMatchObject({ failed: false });
    });
  });
});
