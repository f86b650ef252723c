import type { Cloud } from "#local/cloud/index.ts";
import { renameSync } from "node:fs";
import { rm } from "node:fs/promises";
import path from "node:path";
import { tell, type EventId } from "./events.ts";
import { clusterFolders, executeOffline, initializeCluster, makeFolder } from "./postgres/cluster.ts";
import { copyTree, syncTree } from "./postgres/copy.ts";
import { passwordStatement, setUpStatements } from "./postgres/master.ts";
import type { Servers } from "./servers.ts";
import type { Snapshots } from "./snapshots.ts";
import type { Instance, InstanceStatus, RdsStore } from "./store.ts";

export interface Parts {
  cloud: Cloud;
  store: RdsStore;
  servers: Servers;
  snapshots: Snapshots;
}

type Transition = Exclude<InstanceStatus, "available" | "backing-up" | "stopped" | "failed">;

/** What an instance does in a status that passes; interrupted at any point, it is done again from the start. */
const transitions: Record<Transition, (parts: Parts, instance: Instance) => Promise<void>> = {
  async creating(parts, instance) {
    await build(parts, instance);
    await parts.servers.ensureRunning(instance);
    const builtAt = parts.cloud.clock.now();
    become(parts, instance, { change: (now) => available({ ...now, builtAt }), events: ["RDS-EVENT-0005"] });
  },
  async starting(parts, instance) {
    await parts.servers.ensureRunning(instance);
    become(parts, instance, { change: available, events: ["RDS-EVENT-0088"] });
  },
  async stopping(parts, instance) {
    await parts.servers.stop(instance);
    become(parts, instance, { change: (now) => ({ ...now, status: "stopped" }), events: ["RDS-EVENT-0087"] });
  },
  async rebooting(parts, instance) {
    await parts.servers.stop(instance);
    await parts.servers.ensureRunning(instance);
    become(parts, instance, { change: available, events: ["RDS-EVENT-0004", "RDS-EVENT-0006"] });
  },
  // as AWS: renaming reboots, and the instance then answers at the address of its new name.
  async renaming(parts, instance) {
    const renamed = ({ newIdentifier, ...now }: Instance) => ({ ...now, identifier: newIdentifier ?? now.identifier });
    await parts.servers.stop(instance);
    await parts.servers.ensureRunning(renamed(instance));
    become(parts, instance, {
      change: (now) => available(renamed(now)),
      events: ["RDS-EVENT-0004", "RDS-EVENT-0006"],
    });
  },
  async "resetting-master-credentials"(parts, instance) {
    await parts.servers.ensureRunning(instance);
    await parts.servers.administer(instance, (client) => client.query(passwordStatement(instance.master)));
    become(parts, instance, { change: available, events: ["RDS-EVENT-0016"] });
  },
  deleting: remove,
};

export const available = (instance: Instance): Instance => ({ ...instance, status: "available" });

export function isTransition(status: InstanceStatus): status is Transition {
  return status in transitions;
}

/** Does what the instance's status names; nothing in a status that lasts. */
export async function carryOn(parts: Parts, resourceId: string): Promise<void> {
  const instance = parts.store.instances.get(resourceId);
  if (instance && isTransition(instance.status)) await transitions[instance.status](parts, instance);
}

interface Change {
  change: (now: Instance) => Instance;
  events?: EventId[];
}

/** Changes the instance as it is now, not as it was when the work began; with the events that tell of it, both or none. */
export function become({ cloud, store }: Parts, { resourceId }: Instance, { change, events = [] }: Change): void {
  store.transaction(() => {
    const now = store.instances.get(resourceId);
    if (!now) return;
    const changed = change(now);
    store.instances.save(changed);
    for (const event of events) tell(cloud, event, changed.identifier);
  });
}

async function build({ cloud, servers, snapshots }: Parts, instance: Instance): Promise<void> {
  const { host } = servers;
  const folder = servers.folderOf(instance);
  await servers.stop(instance);
  await rm(folder, { recursive: true, force: true, maxRetries: 10 });
  makeFolder(host, folder);
  // A name of its own: an initdb that a killed control plane left behind may still be writing for a moment.
  const data = path.join(folder, `new-${cloud.ids.word(8)}`);
  if (instance.snapshotFolder) {
    const source = snapshots.dataOf(instance.snapshotFolder);
    await copyTree({ source, target: data, owner: host.user, signal: cloud.stopping });
  } else {
    await initializeCluster(host, data, servers.adminPassword);
    await executeOffline(host, data, setUpStatements(instance.master, instance.databaseName));
  }
  renameSync(data, clusterFolders(folder).data);
  await syncTree(folder);
}

async function remove(parts: Parts, instance: Instance): Promise<void> {
  const { cloud, store, servers, snapshots } = parts;
  const snapshot = instance.finalSnapshot === undefined ? undefined : store.snapshots.get(instance.finalSnapshot);
  if (snapshot && snapshot.status !== "available") {
    await servers.ensureRunning(instance);
    const ended = await snapshots.take(snapshot, instance);
    if (!ended) return;
    snapshots.conclude(ended);
    if (ended.status === "failed")
      return become(parts, instance, { change: ({ finalSnapshot: _failed, ...now }) => available(now) });
  }
  await servers.stop(instance);
  store.transaction(() => {
    store.instances.delete(instance.resourceId);
    tell(cloud, "RDS-EVENT-0003", instance.identifier);
  });
  await rm(servers.folderOf(instance), { recursive: true, force: true });
}
