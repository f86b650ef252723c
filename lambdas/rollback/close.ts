import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import type { Deps } from "../core/journal.ts";
import { freeLock, settleQueue } from "../core/lock.ts";
import { notify } from "../core/notice.ts";
import { deploymentKey, loadRecord, withdrawRelease } from "../core/record.ts";
import type { Step, Work } from "../core/step.ts";
import { type AlarmDeps, explainAlarm } from "../traffic/raised-alarms.ts";
import type { CloseOutput } from "./contract.ts";
import type { RollbackRecord } from "./record.ts";

interface CloseDeps extends Deps, AlarmDeps {
  readonly eventBridge: EventBridgeClient;
  readonly settings: AlarmDeps["settings"] & { readonly STAGE: string };
}

/** Records the outcome, releases the lock last, and gives it to the next push. */
export function close(deps: CloseDeps): Step<RollbackRecord> {
  return {
    name: "Close",
    // If there was nothing to undo, the lock may be another execution's.
    withoutLock: true,
    async act(work) {
      const outcome = work.record.reverts ? "rolled-back" : "nothing-to-undo";
      await recordOutcome(deps, work, outcome);
      const { execution, generation } = work;
      if (generation > 0) await freeLock(deps.table, { execution, generation });
      await settleQueue(deps);
      return { kind: "done", output: { outcome } satisfies CloseOutput };
    },
  };
}

async function recordOutcome(
  deps: CloseDeps,
  { record, remember }: Work<RollbackRecord>,
  outcome: CloseOutput["outcome"],
): Promise<void> {
  const { cause, from, to, observed, rollback } = record;
  if (record.reverts) {
    const explanation = await explain(deps, record);
    await remember({ explanation });
    const detail = { stage: deps.settings.STAGE, cause, from, to, observed, explanation };
    await notify(deps.eventBridge, "Lockstep Rolled Back", detail);
  }
  if (record.withdraws) await withdrawRelease(deps, { from: from?.deployment, to: to?.deployment });
  if (from) await deps.table.patch(deploymentKey(from.deployment), { rollback: { id: rollback, outcome } });
  await remember({ status: outcome, endedAt: deps.clock.now().toISOString(), failure: undefined });
}

/** Why the release was rolled back: who requested it, the requests that triggered the alarm, or the failure of the deployment, which names them. */
async function explain(
  deps: CloseDeps,
  { cause, explanation, requestedAt }: RollbackRecord,
): Promise<string | undefined> {
  if (cause.kind === "person")
    return `Requested by ${cause.by}${cause.reason === undefined ? "" : `: ${cause.reason}`}`;
  if (cause.kind === "alarm")
    return explanation ?? (await explainAlarm(deps, cause.alarm, { EndDate: new Date(requestedAt) })) ?? cause.reason;
  return (await loadRecord(deps.table, cause.deployment))?.failure?.cause;
}
