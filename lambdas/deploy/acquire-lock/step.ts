import type * as z from "zod/mini";
import type { Deps } from "../../core/journal.ts";
import { joinQueue, readLock, settleQueue } from "../../core/lock.ts";
import type { Observation, Outcome, Step, Subject, Work } from "../../core/step.ts";
import type { AcquireLockOutput, environment } from "./contract.ts";

interface AcquireLockDeps extends Deps {
  readonly settings: z.infer<typeof environment>;
}

/** Waits in the queue for the lock. Its token is answered by whatever settles the queue: the next push, Finish, or an event. */
export function acquireLock(deps: AcquireLockDeps): Step {
  return {
    name: "Acquire lock",
    withoutLock: true,
    observe: (subject) => observeLock(deps, subject),
    act: (work) => enqueue(deps, work),
  };
}

async function observeLock({ table }: AcquireLockDeps, { record }: Subject): Promise<Observation> {
  if (record.status === "superseded") return done({ outcome: "superseded", by: record.supersededBy ?? "" });
  const { holder, generation } = await readLock(table);
  if (holder !== record.execution) return { kind: "absent" };
  return { ...done({ outcome: "acquired", generation }), facts: { generation } };
}

async function enqueue({ settings, ...deps }: AcquireLockDeps, { record, attempt, token }: Work): Promise<Outcome> {
  if (token === undefined) throw new Error("Acquire lock was invoked without a task token");
  const { deployment, repository, branch, commit, previousCommit, pushedAt, execution } = record;
  await joinQueue(deps.table, {
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
    enqueuedAt: deps.clock.now().toISOString(),
  });
  await settleQueue(deps);
  return { kind: "later", reason: "The deployment is in the queue for the lock" };
}

function done(output: AcquireLockOutput) {
  return { kind: "done", output } as const;
}
