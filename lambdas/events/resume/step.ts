import * as z from "zod/mini";
import { lookAgain } from "../../core/errors.ts";
import { loadRecord, type StepName } from "../../core/record.ts";
import { observe, type Ports, settle, type Step } from "../../core/step.ts";
import { findWaiting, forgetToken, type WaitingRecord } from "../../core/waiting.ts";
import { hint } from "./contract.ts";
import { executionEnded } from "./execution-ended.ts";
import { handleOf } from "./handle.ts";

export type Observers = Readonly<Partial<Record<StepName, Step["observe"]>>>;

/** Takes an event as a hint: looks for the step that waits, and asks what that step itself would ask. */
export function resume(ports: Ports, observers: Observers) {
  return async (event: unknown): Promise<void> => {
    const parsed = z.safeParse(hint, event);
    if (!parsed.success) return ports.log.info("Not an event that a step waits for", { issues: parsed.error.issues });
    const handle = handleOf(parsed.data);
    if ("ended" in handle) return executionEnded(ports, handle.ended);
    const waiting = await findWaiting(ports.table, handle);
    if (waiting.length === 0) return ports.log.info("No step waits for this", { ...handle });
    for (const one of waiting) await resumeOne(ports, observers, one);
  };
}

async function resumeOne(ports: Ports, observers: Observers, waiting: WaitingRecord): Promise<void> {
  const { deployment, step, attempt, token } = waiting;
  ports.log.appendKeys({ deployment, step });
  // What an answered token's step would find now is no end of that step: the deployment is further on, or was undone.
  if (!(await ports.machine.isWaiting(token))) return forgetToken(ports.table, waiting);
  const record = await loadRecord(ports.table, deployment);
  const observer = observers[step];
  if (!record || !observer) throw new Error(`${step} of deployment ${deployment} waits, and nothing can observe it`);
  const seen = await observe(observer, { record, attempt });
  ports.log.info("Observed", { kind: seen.kind });
  switch (seen.kind) {
    case "running":
      return;
    case "done":
    case "failed":
      await settle(ports, waiting, seen);
      break;
    case "absent":
    case "stuck":
      // Only the step itself may act: it has the right and holds the lock.
      await ports.machine.fail(token, { error: lookAgain, cause: `${step} has to act: ${seen.kind}` });
      break;
  }
  await forgetToken(ports.table, waiting);
}
