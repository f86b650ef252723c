import type { ECSClient } from "@aws-sdk/client-ecs";
import type { RDSClient } from "@aws-sdk/client-rds";
import * as z from "zod/mini";
import { deploymentRecord, loadRelease, loadReleases } from "../../core/record.ts";
import { loadRestores } from "../../restore/record.ts";
import type { Log } from "../../core/step.ts";
import type { Table } from "../../core/table.ts";
import type { environment } from "./contract.ts";
import { decideDeregistration, decidePruning } from "./decide-pruning.ts";
import { neededDeployments, neededSnapshots } from "./needed.ts";
import { deleteSnapshot, listSnapshots } from "./snapshots.ts";
import { definitionsInUse, deregister, listDefinitions } from "./task-definitions.ts";

export interface PrunePorts {
  readonly rds: RDSClient;
  readonly ecs: ECSClient;
  readonly table: Table;
  readonly clock: { now(): Date };
  readonly log: Log;
  readonly settings: z.infer<typeof environment>;
}

/** Deletes what past deployments have left and nobody goes back to. Run again, or in part, it does no harm. */
export function prune(ports: PrunePorts) {
  return async (): Promise<{ snapshots: string[]; taskDefinitions: string[] }> => {
    const { table, clock, settings, log } = ports;
    const now = clock.now();
    const known = await readKnown(table);
    const policy = { keep: settings.KEEP_SNAPSHOTS, days: settings.KEEP_DAYS };
    const snapshots = decidePruning(await listSnapshots(ports), { needed: neededSnapshots(known), now, policy });
    for (const id of snapshots) await deleteSnapshot(ports.rds, id);
    const taskDefinitions = decideDeregistration(await listDefinitions(ports), {
      needed: neededDeployments(known, settings.KEEP_RELEASES),
      inUse: await definitionsInUse(ports),
      now,
    });
    for (const arn of taskDefinitions) await deregister(ports.ecs, arn);
    log.info("Pruned", { snapshots, taskDefinitions });
    return { snapshots, taskDefinitions };
  };
}

async function readKnown(table: Table) {
  const deployments = (await table.query("deployment")).map((item) => z.parse(deploymentRecord, item));
  const [current, releases, restores] = await Promise.all([
    loadRelease(table),
    loadReleases(table),
    loadRestores(table),
  ]);
  return { deployments, current, releases, restores };
}
