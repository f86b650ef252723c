import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import type * as z from "zod/mini";
import type { Deps } from "../../core/journal.ts";
import { joinQueue, readLock, settleQueue } from "../../core/lock.ts";
import { notify } from "../../core/notice.ts";
import type { Observation, Outcome, Step, Subject, Work } from "../../core/step.ts";
import type { AcquireLockOutput, environment } from "./contract.ts";

interface AcquireLockDeps extends Deps {
  readonly eventBridge: EventBridgeClient;
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

async function enqueue(deps: AcquireLockDeps, work: Work): Promise<Outcome> {
  const { record, attempt, token } = work;
  if (token === undefined) throw new Error("Acquire lock was invoked without a task token");
  const { deployment, repository, branch, commit, previousCommit, pushedAt, configOnly, execution } = record;
  await joinQueue(deps.table, {
    deployment,
    repository,
    branch,
    commit,
    previousCommit,
    pushedAt,
    configOnly,
    execution,
    attempt,
    token,
    mode: deps.settings.LOCK_MODE,
    enqueuedAt: deps.clock.now().toISOString(),
  });
  await settleQueue(deps);
  await announceFreeze(deps, work);
  return { kind: "later", reason: "The deployment is in the queue for the lock" };
}

/** Once for each deployment and freeze, also if the stage was frozen while the deployment was already waiting. */
async function announceFreeze({ table, eventBridge, settings }: AcquireLockDeps, work: Work): Promise<void> {
  const { frozen } = await readLock(table);
  const { deployment, execution, branch, commit, heldSince } = work.record;
  if (!frozen || heldSince === frozen.since) return;
  // Published before it is recorded: twice is better than never.
  await notify(eventBridge, "Lockstep Deployment Held", {
    stage: settings.STAGE,
    deployment,
    execution,
    branch,
    commit,
    frozen,
    unlock: `lockstep unlock --stage ${settings.STAGE}`,
  });
  await work.remember({ heldSince: frozen.since });
}

function done(output: AcquireLockOutput) {
  return { kind: "done", output } as const;
}
