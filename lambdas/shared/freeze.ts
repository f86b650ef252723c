import { freezeLock } from "./lock.ts";
import { deploymentKey } from "./record.ts";
import { loadRollback, rollbackKey, type RollbackPorts } from "./rollback.ts";

export interface DeadHolder {
  readonly execution: string;
  readonly name: string;
  readonly error: string;
  readonly cause: string;
}

/** What should have put the stage in order has ended without success: nobody goes on before a person has looked. */
export async function freezeStage(ports: Pick<RollbackPorts, "table" | "clock">, dead: DeadHolder): Promise<void> {
  const { table, clock } = ports;
  const { execution, name, error, cause } = dead;
  const reason = `${error}: ${cause}`;
  await freezeLock(ports, { execution, reason });
  const record = await loadRollback(table, name);
  if (record?.execution !== execution) return; // a restore keeps its own record
  const endedAt = clock.now().toISOString();
  await table.patch(rollbackKey(name), { status: "failed", failure: { error, cause }, endedAt });
  if (record.from) {
    await table.patch(deploymentKey(record.from.deployment), { rollback: { id: name, outcome: "failed" } });
  }
}
