import * as z from "zod/mini";
import { reobserve } from "../../core/errors.ts";
import { type Deps, settle } from "../../core/journal.ts";
import { deploymentKey, loadRecord } from "../../core/record.ts";
import { type Observe, observe } from "../../core/step.ts";
import { deleteToken, findWaiting, type WaitingRecord } from "../../core/waiting.ts";
import { deploymentEnded } from "../end-of-execution.ts";
import { hint } from "./contract.ts";
import { waitKeyOf } from "./wait-key.ts";

/** By step name. */
type Observers = Readonly<Record<string, Observe>>;

/** Treats an event as a hint: finds the step that waits for it, and observes what that step itself would observe. */
export function resume(deps: Deps, observers: Observers) {
  return async (event: unknown): Promise<void> => {
    const parsed = z.safeParse(hint, event);
    if (!parsed.success) return deps.log.info("Event ignored: unknown shape", { issues: parsed.error.issues });
    const waitKey = waitKeyOf(parsed.data);
    if ("ended" in waitKey) return deploymentEnded(deps, waitKey.ended);
    const waiting = await findWaiting(deps.table, waitKey);
    if (waiting.length === 0) return deps.log.info("Event ignored: no step waits for it", { ...waitKey });
    for (const record of waiting) await resumeStep(deps, observers, record);
  };
}

async function resumeStep(deps: Deps, observers: Observers, waiting: WaitingRecord): Promise<void> {
  const { deployment, step, attempt, token } = waiting;
  deps.log.appendKeys({ deployment, step });
  // If the token was answered, the deployment has moved on or was rolled back: an observation now would not be that step's end.
  if (!(await deps.machine.isWaiting(token))) return deleteToken(deps.table, waiting);
  const observer = observers[step];
  if (!observer) {
    // The step of a rollback or a restore: it observes for itself, so that it depends on no other function.
    await deps.machine.fail(token, { error: reobserve, cause: `An event about ${waiting.sk} arrived` });
    return deleteToken(deps.table, waiting);
  }
  const record = await loadRecord(deps.table, deployment);
  if (!record) throw new Error(`Step ${step} waits, but deployment ${deployment} has no record`);
  const observed = await observe(observer, { record, attempt });
  deps.log.info("Step observed", { kind: observed.kind });
  switch (observed.kind) {
    case "running":
      return;
    case "done":
    case "failed":
      await settle(deps, { key: deploymentKey(deployment), step, token }, observed);
      break;
    case "absent":
    case "stuck":
      // Only the step's own function has the permissions to act, and holds the lock.
      await deps.machine.fail(token, { error: reobserve, cause: `${step} has to act: ${observed.kind}` });
      break;
  }
  await deleteToken(deps.table, waiting);
}
