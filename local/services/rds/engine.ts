import type { Cloud } from "#local/cloud/index.ts";
import { readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import path from "node:path";
import { tell } from "./events.ts";
import { adoptCluster, makeFolder, stopCluster } from "./postgres/cluster.ts";
import { preparePostgresHost } from "./postgres/host.ts";
import { createServers } from "./servers.ts";
import { createSnapshots } from "./snapshots.ts";
import type { Instance, RdsStore, Snapshot } from "./store.ts";
import { available, become, carryOn, isTransition, type Parts } from "./transitions.ts";

export interface Engine {
  percentProgress(snapshot: Snapshot): number;
  /** Does what the instance's status names, in the background. */
  drive(instance: Instance): void;
  /** Takes a snapshot in the background; the instance is `backing-up` meanwhile. */
  backUp(snapshot: Snapshot, instance: Instance): void;
  removeSnapshot(snapshot: Snapshot): Promise<void>;
  /** Resolves when nothing is going on with the instance. */
  settled(resourceId: string): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
  shutDown(): Promise<void>;
}

export function createEngine(cloud: Cloud, store: RdsStore): Engine {
  const work = new Map<string, Promise<void>>();
  /** One thing after the other for each instance. */
  const inBackground = (resourceId: string, task: () => Promise<void>) => {
    const next = (work.get(resourceId) ?? Promise.resolve()).then(task).catch((error: unknown) => {
      fail(parts, resourceId, error);
    });
    work.set(resourceId, next);
  };
  const host = preparePostgresHost(cloud.directory("rds"));
  const onCrash = (resourceId: string) => inBackground(resourceId, () => recover(parts, resourceId));
  const servers = createServers({ cloud, store, host, onCrash });
  const parts: Parts = { cloud, store, servers, snapshots: createSnapshots(cloud, store, servers) };
  const stop = async () => {
    await Promise.all(work.values());
    servers.detach();
  };
  return {
    percentProgress: (snapshot) => parts.snapshots.percentProgress(snapshot),
    drive: ({ resourceId }) => inBackground(resourceId, () => carryOn(parts, resourceId)),
    backUp: (snapshot, { resourceId }) => inBackground(resourceId, () => backUp(parts, snapshot)),
    removeSnapshot: (snapshot) => parts.snapshots.remove(snapshot),
    settled: async (resourceId) => work.get(resourceId),
    async start() {
      if (host.directory !== cloud.directory("rds")) cloud.log("info", `DB instances are in ${host.directory}`);
      await servers.prepare();
      failInterrupted(store);
      await sweep(parts);
      for (const { resourceId } of store.instances.list()) inBackground(resourceId, () => resume(parts, resourceId));
      await Promise.all(work.values());
    },
    stop,
    async shutDown() {
      await stop();
      await Promise.all(store.instances.list().map((instance) => servers.stop(instance)));
    },
  };
}

function fail(parts: Parts, resourceId: string, error: unknown): void {
  const instance = parts.store.instances.get(resourceId);
  // What a stop of the control plane interrupts goes on at the next start.
  if (!instance || parts.cloud.stopping.aborted) return;
  parts.cloud.log("error", `DB instance ${instance.identifier} failed while ${instance.status}`, { err: error });
  become(parts, instance, { change: (now) => ({ ...now, status: "failed" }), events: ["RDS-EVENT-0031"] });
}

async function backUp(parts: Parts, snapshot: Snapshot): Promise<void> {
  const instance = parts.store.instances.get(snapshot.resourceId);
  if (!instance) return;
  const ended = await parts.snapshots.take(snapshot, instance);
  if (!ended) return;
  parts.store.transaction(() => {
    parts.snapshots.conclude(ended);
    become(parts, instance, { change: available, events: ["RDS-EVENT-0002"] });
  });
}

/** as AWS: a server that ends by itself is started again. */
async function recover(parts: Parts, resourceId: string): Promise<void> {
  const { cloud, servers, store } = parts;
  const instance = store.instances.get(resourceId);
  if (!instance || cloud.stopping.aborted || !["available", "backing-up"].includes(instance.status)) return;
  cloud.log("warn", `PostgreSQL of ${instance.identifier} ended; it is started again`);
  tell(cloud, "RDS-EVENT-0020", instance.identifier);
  await servers.ensureRunning(instance);
  tell(cloud, "RDS-EVENT-0021", instance.identifier);
}

async function resume(parts: Parts, resourceId: string): Promise<void> {
  const instance = parts.store.instances.get(resourceId);
  if (!instance || instance.status === "stopped") return;
  if (isTransition(instance.status)) return carryOn(parts, resourceId);
  if (instance.builtAt === undefined) return;
  await parts.servers.ensureRunning(instance);
  if (instance.status !== "available") become(parts, instance, { change: available });
}

/** A copy that an earlier run did not finish has failed; a final snapshot is taken again by the deletion that waits for it. */
function failInterrupted(store: RdsStore): void {
  const finals = new Set(store.instances.list().map(({ finalSnapshot }) => finalSnapshot));
  for (const snapshot of store.snapshots.list()) {
    if (snapshot.status !== "creating" || finals.has(snapshot.identifier)) continue;
    store.snapshots.save({ ...snapshot, status: "failed" });
  }
}

/** Removes folders of instances and snapshots that nobody knows (any more), with a server that may run there. */
async function sweep({ cloud, store, servers }: Parts): Promise<void> {
  const known = {
    instances: store.instances.list().map(({ resourceId }) => resourceId),
    snapshots: store.snapshots.list().flatMap(({ folder, status }) => (status === "available" ? [folder] : [])),
  };
  for (const [kind, names] of Object.entries(known)) {
    const parent = path.join(servers.host.directory, kind);
    makeFolder(servers.host, parent);
    for (const name of readdirSync(parent).filter((name) => !names.includes(name))) {
      const server = adoptCluster(path.join(parent, name));
      if (server) await stopCluster(server, cloud.clock);
      await rm(path.join(parent, name), { recursive: true, force: true, maxRetries: 10 });
    }
  }
}
