import { loadRecords, loadRelease, loadReleases } from "../../core/record.ts";
import type { Table } from "../../core/table.ts";
import { loadRestores } from "../../restore/record.ts";
import type { PruneDeps } from "./contract.ts";
import { decideDeregistration, decidePruning } from "./decide-pruning.ts";
import { neededDeployments, neededSnapshots } from "./needed.ts";
import { deleteSnapshot, listSnapshots } from "./snapshots.ts";
import { definitionsInUse, deregister, listDefinitions } from "./task-definitions.ts";

/** Deletes snapshots and task definitions of past deployments that no rollback can need. Safe to run again, also after a partial run. */
export function prune(deps: PruneDeps) {
  return async (): Promise<{ snapshots: string[]; taskDefinitions: string[] }> => {
    const { table, clock, settings, log } = deps;
    const now = clock.now();
    const records = await readRecords(table);
    const policy = { keep: settings.KEEP_SNAPSHOTS, days: settings.KEEP_DAYS };
    const snapshots = decidePruning(await listSnapshots(deps), { needed: neededSnapshots(records), now, policy });
    for (const id of snapshots) await deleteSnapshot(deps.rds, id);
    const taskDefinitions = decideDeregistration(await listDefinitions(deps), {
      needed: neededDeployments(records, settings.KEEP_RELEASES),
      inUse: await definitionsInUse(deps),
      now,
    });
    for (const arn of taskDefinitions) await deregister(deps.ecs, arn);
    log.info("Pruned", { snapshots, taskDefinitions });
    return { snapshots, taskDefinitions };
  };
}

async function readRecords(table: Table) {
  const [deployments, current, releases, restores] = await Promise.all([
    loadRecords(table),
    loadRelease(table),
    loadReleases(table),
    loadRestores(table),
  ]);
  return { deployments, current, releases, restores };
}
