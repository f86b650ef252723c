import { loadRecords, loadRelease, loadReleases } from "../../core/record.ts";
import type { Table } from "../../core/table.ts";
import { loadRestores } from "../../restore/record.ts";
import type { PruneDeps } from "./contract.ts";
import { decideDeregistration, decideImagePruning, decidePruning, type ListedImage } from "./decide-pruning.ts";
import { deleteImages, listImages } from "./images.ts";
import { neededDeployments, neededImages, neededSnapshots, type Records } from "./needed.ts";
import { deleteSnapshot, listSnapshots } from "./snapshots.ts";
import { definitionsInUse, deregister, imagesOf, listDefinitions } from "./task-definitions.ts";

/** Deletes snapshots, task definitions and images of past deployments that no rollback can need. Safe to run again, also after a partial run. */
export function prune(deps: PruneDeps) {
  return async (): Promise<Pruned> => {
    // Before the records: an image that is pushed later is not considered.
    const listedImages = await listImages(deps);
    const records = await readRecords(deps.table);
    const inUse = await definitionsInUse(deps);
    const pruned = {
      snapshots: await pruneSnapshots(deps, records),
      taskDefinitions: await pruneTaskDefinitions(deps, records, inUse),
      images: await pruneImages(deps, listedImages, await imagesToKeep(deps, records, inUse)),
    };
    deps.log.info("Pruned", pruned);
    return pruned;
  };
}

interface Pruned {
  readonly snapshots: string[];
  readonly taskDefinitions: string[];
  readonly images: string[];
}

async function pruneSnapshots(deps: PruneDeps, records: Records): Promise<string[]> {
  const { clock, settings } = deps;
  const policy = { keep: settings.KEEP_SNAPSHOTS, days: settings.KEEP_DAYS };
  const needed = neededSnapshots(records);
  const snapshots = decidePruning(await listSnapshots(deps), { needed, now: clock.now(), policy });
  for (const id of snapshots) await deleteSnapshot(deps.rds, id);
  return snapshots;
}

async function pruneTaskDefinitions(deps: PruneDeps, records: Records, inUse: Set<string>): Promise<string[]> {
  const needed = neededDeployments(records, deps.settings.KEEP_RELEASES);
  const options = { needed, inUse, now: deps.clock.now() };
  const definitions = decideDeregistration(await listDefinitions(deps), options);
  for (const arn of definitions) await deregister(deps.ecs, arn);
  return definitions;
}

async function imagesToKeep({ ecs, settings }: PruneDeps, records: Records, inUse: Set<string>) {
  const needed = neededImages(records, settings.KEEP_RELEASES);
  return needed && new Set([...needed, ...(await imagesOf(ecs, inUse))]);
}

async function pruneImages(deps: PruneDeps, listed: readonly ListedImage[], needed: Set<string> | undefined) {
  const { ecr, clock, settings } = deps;
  if (!needed) return [];
  const images = decideImagePruning(listed, { needed, now: clock.now(), days: settings.KEEP_DAYS });
  await deleteImages(ecr, settings.REPOSITORY_NAME, images);
  return images;
}

async function readRecords(table: Table): Promise<Records> {
  const [deployments, current, releases, restores] = await Promise.all([
    loadRecords(table),
    loadRelease(table),
    loadReleases(table),
    loadRestores(table),
  ]);
  return { deployments, current, releases, restores };
}
