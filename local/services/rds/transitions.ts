import type { Cloud } from "#local/cloud/index.ts";
import { renameSync } from "node:fs";
import { rm } from "node:fs/promises";
import path from "node:path";
import { emit, type EventId } from "./events.ts";
import { clusterFolders, executeOffline, initializeCluster, makeFolder } from "./postgres/cluster.ts";
import { copyTree, syncTree } from "./postgres/copy.ts";
import { passwordStatement, setUpStatements } from "./postgres/master.ts";
import type { Servers } from "./servers.ts";
import type { Snapshots } from "./snapshots.ts";
import type { Instance, InstanceStatus, RdsStore } from "./store.ts";

/** What work on instances needs. */
export interface WorkDeps {
  cloud: Cloud;
  store: RdsStore;
  servers: Servers;
  snapshots: Snapshots;
  /** Instances whose server exited unexpectedly, or that had failed in an earlier run. */
  toRestart: Set<string>;
}

type PassingStatus = Exclude<InstanceStatus, "available" | "stopped" | "failed">;

/** The work of each passing status. Interrupted at any point, it is repeated from the start. */
const work: Record<PassingStatus, (deps: WorkDeps, instance: Instance) => Promise<void>> = {
  async creating(deps, instance) {
    await build(deps, instance);
    await deps.servers.ensureRunning(instance);
    const builtAt = deps.cloud.clock.now();
    transition(deps, instance, { change: (now) => available({ ...now, builtAt }), events: ["RDS-EVENT-0005"] });
  },
  async starting(deps, instance) {
    await deps.servers.ensureRunning(instance);
    transition(deps, instance, { change: available, events: ["RDS-EVENT-0088"] });
  },
  async stopping(deps, instance) {
    await deps.servers.stop(instance);
    transition(deps, instance, { change: (now) => ({ ...now, status: "stopped" }), events: ["RDS-EVENT-0087"] });
  },
  async rebooting(deps, instance) {
    await deps.servers.stop(instance);
    await deps.servers.ensureRunning(instance);
    transition(deps, instance, { change: available, events: ["RDS-EVENT-0004", "RDS-EVENT-0006"] });
  },
  // as AWS: renaming reboots, and the instance then answers at the address of its new name.
  async renaming(deps, instance) {
    const renamed = ({ newIdentifier, ...now }: Instance) => ({ ...now, identifier: newIdentifier ?? now.identifier });
    await deps.servers.stop(instance);
    await deps.servers.ensureRunning(renamed(instance));
    transition(deps, instance, {
      change: (now) => available(renamed(now)),
      events: ["RDS-EVENT-0004", "RDS-EVENT-0006"],
    });
  },
  async "resetting-master-credentials"(deps, instance) {
    await deps.servers.ensureRunning(instance);
    await deps.servers.administer(instance, (client) => client.query(passwordStatement(instance.master)));
    transition(deps, instance, { change: available, events: ["RDS-EVENT-0016"] });
  },
  "backing-up": backUp,
  deleting: remove,
};

const available = (instance: Instance): Instance => ({ ...instance, status: "available" });

const isPassing = (status: InstanceStatus): status is PassingStatus => status in work;

/** Does what the status of an instance requires. */
export async function step(deps: WorkDeps, resourceId: string): Promise<"again" | "done"> {
  const instance = deps.store.instances.get(resourceId);
  if (!instance) return "done";
  if (isPassing(instance.status)) {
    await work[instance.status](deps, instance);
    return "again";
  }
  const isToRestart = deps.toRestart.delete(resourceId);
  if (instance.status === "available")
    await (isToRestart ? restart(deps, instance) : deps.servers.ensureRunning(instance));
  if (instance.status === "failed" && isToRestart) {
    await deps.servers.ensureRunning(instance);
    transition(deps, instance, { change: available });
  }
  return "done";
}

/** as AWS: a server that exits is restarted. */
async function restart({ cloud, servers }: WorkDeps, instance: Instance): Promise<void> {
  cloud.log("warn", "Restarting PostgreSQL after an unexpected exit", { instance: instance.identifier });
  emit(cloud, "RDS-EVENT-0020", instance.identifier);
  await servers.ensureRunning(instance);
  emit(cloud, "RDS-EVENT-0021", instance.identifier);
}

interface Change {
  change: (now: Instance) => Instance;
  events?: EventId[];
}

/** Changes the instance as it is now, not as it was when the work began, and emits events, in one transaction. */
export function transition(
  { cloud, store }: WorkDeps,
  { resourceId }: Instance,
  { change, events = [] }: Change,
): void {
  store.transaction(() => {
    const instance = store.instances.update(resourceId, change);
    if (instance) for (const event of events) emit(cloud, event, instance.identifier);
  });
}

async function backUp(deps: WorkDeps, instance: Instance): Promise<void> {
  const { resourceId } = instance;
  const snapshot = deps.store.snapshots.find((each) => each.resourceId === resourceId && each.status === "creating");
  await deps.servers.ensureRunning(instance);
  const ended = snapshot && (await deps.snapshots.take(snapshot, instance));
  if (deps.cloud.stopping.aborted) return;
  deps.store.transaction(() => {
    if (ended) deps.snapshots.finish(ended);
    transition(deps, instance, { change: available, events: ended ? ["RDS-EVENT-0002"] : [] });
  });
}

async function build({ cloud, servers, snapshots }: WorkDeps, instance: Instance): Promise<void> {
  const { host } = servers;
  const folder = servers.folderOf(instance);
  await servers.stop(instance);
  await rm(folder, { recursive: true, force: true, maxRetries: 10 });
  makeFolder(host, folder);
  // A unique name: an initdb that a killed control plane left behind may still be writing for a moment.
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

async function remove(deps: WorkDeps, instance: Instance): Promise<void> {
  const { cloud, store, servers, snapshots } = deps;
  const snapshot = instance.finalSnapshot === undefined ? undefined : store.snapshots.get(instance.finalSnapshot);
  if (snapshot && snapshot.status !== "available") {
    await servers.ensureRunning(instance);
    const ended = await snapshots.take(snapshot, instance);
    if (!ended) return;
    snapshots.finish(ended);
    if (ended.status === "failed")
      return transition(deps, instance, { change: ({ finalSnapshot: _failed, ...now }) => available(now) });
  }
  await servers.stop(instance);
  store.transaction(() => {
    store.instances.delete(instance.resourceId);
    emit(cloud, "RDS-EVENT-0003", instance.identifier);
  });
  await rm(servers.folderOf(instance), { recursive: true, force: true });
}
