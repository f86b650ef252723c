import type { Cloud } from "#local/cloud/index.ts";
import { renameSync } from "node:fs";
import { rm } from "node:fs/promises";
import path from "node:path";
import { emit } from "./events.ts";
import { backUpCluster } from "./postgres/backup.ts";
import { clusterFolders, makeFolder } from "./postgres/cluster.ts";
import { sizeOf, syncTree, type CopyJob } from "./postgres/copy.ts";
import type { Servers } from "./servers.ts";
import type { Instance, RdsStore, Snapshot } from "./store.ts";

export interface Snapshots {
  /** Data directory of an available snapshot. */
  dataOf(folder: string): string;
  percentProgress(snapshot: Snapshot): number;
  /** Copies the instance while it accepts writes. Returns the ended snapshot; undefined when the control plane stopped meanwhile. */
  take(snapshot: Snapshot, instance: Instance): Promise<Snapshot | undefined>;
  /** Saves an ended snapshot and emits its event. */
  finish(ended: Snapshot): void;
  remove(snapshot: Snapshot): Promise<void>;
}

export function createSnapshots(cloud: Cloud, store: RdsStore, servers: Servers): Snapshots {
  const parent = path.join(servers.host.directory, "snapshots");
  const progress = new Map<string, number>();
  const partialOf = (folder: string) => path.join(parent, `${folder}.partial`);

  const copy = async ({ folder, identifier }: Snapshot, instance: Instance) => {
    const source = clusterFolders(servers.folderOf(instance)).data;
    const partial = partialOf(folder);
    await rm(partial, { recursive: true, force: true });
    makeFolder(servers.host, parent);
    makeFolder(servers.host, partial);
    const total = await sizeOf(source);
    let copied = 0;
    const job: CopyJob = {
      source,
      target: clusterFolders(partial).data,
      owner: servers.host.user,
      signal: cloud.stopping,
      onBytes: (count) => {
        copied += count;
        progress.set(identifier, Math.min(99, Math.floor((copied * 100) / total)));
      },
    };
    await backUpCluster(await servers.access(instance), job, identifier);
    renameSync(partial, path.join(parent, folder));
    await syncTree(parent);
  };

  return {
    dataOf: (folder) => clusterFolders(path.join(parent, folder)).data,
    percentProgress: ({ identifier, status }) => (status === "available" ? 100 : (progress.get(identifier) ?? 0)),
    async take(snapshot, instance) {
      try {
        await copy(snapshot, instance);
        return { ...snapshot, status: "available" };
      } catch (error) {
        // The next start marks it as failed: see `failInterrupted` of the engine.
        if (cloud.stopping.aborted) return undefined;
        cloud.log("error", "DB snapshot failed", { snapshot: snapshot.identifier, err: error });
        // What cannot be removed now is removed by the next start.
        await rm(partialOf(snapshot.folder), { recursive: true, force: true }).catch(() => undefined);
        return { ...snapshot, status: "failed" };
      } finally {
        progress.delete(snapshot.identifier);
      }
    },
    finish(ended) {
      store.snapshots.save(ended);
      if (ended.status === "available") emit(cloud, "RDS-EVENT-0042", ended.identifier);
    },
    async remove(snapshot) {
      store.transaction(() => {
        store.snapshots.delete(snapshot.identifier);
        emit(cloud, "RDS-EVENT-0041", snapshot.identifier);
      });
      await rm(path.join(parent, snapshot.folder), { recursive: true, force: true });
    },
  };
}
