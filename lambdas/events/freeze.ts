import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { freezeLock } from "../core/lock.ts";
import { tell } from "../core/notice.ts";
import { deploymentKey } from "../core/record.ts";
import { loadRollback, rollbackKey, type RollbackPorts } from "../rollback/rollback.ts";

export interface DeadHolder {
  readonly execution: string;
  readonly name: string;
  readonly error: string;
  readonly cause: string;
}

interface FreezePorts extends Pick<RollbackPorts, "table" | "clock"> {
  readonly eventBridge: EventBridgeClient;
  readonly settings: { readonly STAGE: string };
}

/** What should have put the stage in order has ended without success: nobody goes on before a person has looked. */
export async function freezeStage(ports: FreezePorts, dead: DeadHolder): Promise<void> {
  const { table, clock } = ports;
  const { execution, name, error, cause } = dead;
  const reason = `${error}: ${cause}`;
  const unlock = `lockstep unlock --stage ${ports.settings.STAGE}`;
  // Told before it is written down: rather twice than never.
  await tell(ports.eventBridge, "Lockstep Stage Frozen", { stage: ports.settings.STAGE, execution, reason, unlock });
  await freezeLock(ports, { execution, reason });
  const record = await loadRollback(table, name);
  if (record?.execution !== execution) return; // a restore keeps its own record
  const endedAt = clock.now().toISOString();
  await table.patch(rollbackKey(name), { status: "failed", failure: { error, cause }, endedAt });
  if (record.from) {
    await table.patch(deploymentKey(record.from.deployment), { rollback: { id: name, outcome: "failed" } });
  }
}
