import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import type * as z from "zod/mini";
import { freeLock, settleQueue } from "../../core/lock.ts";
import { tell } from "../../core/notice.ts";
import { currentRelease, deploymentKey, loadReleases } from "../../core/record.ts";
import { type RollbackPorts, type RollbackWork, rollbackKey } from "../rollback.ts";
import type { CloseOutput, environment } from "./contract.ts";

interface ClosePorts extends RollbackPorts {
  readonly eventBridge: EventBridgeClient;
  readonly settings: z.infer<typeof environment>;
}

/** Writes down what came of it, gives the lock back last, and wakes the next push. */
export function close(ports: ClosePorts) {
  return async ({ input, record, execution, generation }: RollbackWork): Promise<CloseOutput> => {
    const { table, clock } = ports;
    const outcome = record.reverts ? "rolled-back" : "nothing-to-undo";
    const endedAt = clock.now().toISOString();
    if (record.reverts) {
      const { cause, from, to, saw } = record;
      await tell(ports.eventBridge, "Lockstep Rolled Back", { stage: ports.settings.STAGE, cause, from, to, saw });
    }
    if (record.withdraws) await withdraw(ports, record.from?.deployment, record.to?.deployment);
    if (record.from) {
      await table.patch(deploymentKey(record.from.deployment), { rollback: { id: input.rollback, outcome } });
    }
    await table.patch(rollbackKey(input.rollback), { status: outcome, endedAt, failure: undefined });
    if (generation > 0) await freeLock(table, { execution, generation });
    await settleQueue(ports);
    return { outcome };
  };
}

/** The release that was gone back to is the current one; what was live is no good release any more. */
async function withdraw({ table, clock }: RollbackPorts, from: string | undefined, to: string | undefined) {
  const releases = await loadReleases(table);
  const withdrawnAt = clock.now().toISOString();
  for (const { sk, deployment } of releases) {
    if (deployment === from) await table.patch({ pk: "release", sk }, { withdrawnAt });
  }
  const restored = releases.find(({ deployment }) => deployment === to);
  if (!restored) throw new Error(`The release of deployment ${to} is not in the history of the stage`);
  const { sk, withdrawnAt: _, ...release } = restored;
  await table.patch({ pk: "release", sk }, { withdrawnAt: undefined });
  await table.put({ ...release, ...currentRelease });
}
