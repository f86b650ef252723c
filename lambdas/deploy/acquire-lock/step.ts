import type * as z from "zod/mini";
import { joinQueue, readLock, settleQueue } from "../../core/lock.ts";
import type { Ports, Step, Subject, Work } from "../../core/step.ts";
import type { AcquireLockOutput, environment } from "./contract.ts";

interface AcquireLockPorts extends Ports {
  readonly settings: z.infer<typeof environment>;
}

/** Waits in the queue for the lock. Whoever settles the queue answers the token: the next push, Finish, or an event. */
export function acquireLock({ settings, ...ports }: AcquireLockPorts): Step {
  return {
    name: "Acquire lock",
    withoutLock: true,
    async observe({ record }: Subject) {
      if (record.status === "superseded") return done({ outcome: "superseded", by: record.supersededBy ?? "" });
      const { holder, generation } = await readLock(ports.table);
      if (holder !== record.execution) return { kind: "absent" };
      return { ...done({ outcome: "acquired", generation }), facts: { generation } };
    },
    async act({ record, attempt, token }: Work) {
      const { deployment, repository, branch, commit, previousCommit, pushedAt, execution } = record;
      await joinQueue(ports.table, {
        deployment,
        repository,
        branch,
        commit,
        previousCommit,
        pushedAt,
        execution,
        attempt,
        token,
        mode: settings.LOCK_MODE,
        enqueuedAt: ports.clock.now().toISOString(),
      });
      await settleQueue(ports);
      return { kind: "later", reason: "The token is in the queue for the lock." };
    },
  };
}

function done(output: AcquireLockOutput) {
  return { kind: "done", output } as const;
}
