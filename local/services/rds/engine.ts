import type { Cloud } from "#local/cloud/index.ts";
import { readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import path from "node:path";
import { emit } from "./events.ts";
import { adoptCluster, makeFolder, stopCluster } from "./postgres/cluster.ts";
import { preparePostgresHost } from "./postgres/host.ts";
import { createServers } from "./servers.ts";
import { createSnapshots } from "./snapshots.ts";
import type { Instance, RdsStore, Snapshot } from "./store.ts";
import { available, isTransition, run, transition, type WorkDeps } from "./transitions.ts";

export interface Engine {
  percentProgress(snapshot: Snapshot): number;
  newResourceId(): string;
  /** Saves an instance in a passing status, then does the work of the status in the background. */
  begin(instance: Instance): Instance;
  /** Takes a snapshot in the background; the instance is `backing-up` meanwhile. */
  backUp(snapshot: Snapshot, instance: Instance): void;
  removeSnapshot(snapshot: Snapshot): Promise<void>;
  /** Resolves when no work is running on the instance. */
  settled(resourceId: string): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
  shutDown(): Promise<void>;
}

export function createEngine(cloud: Cloud, store: RdsStore): Engine {
  const work = new Map<string, Promise<void>>();
  /** One task after the other for each instance. */
  const inBackground = (resourceId: string, task: () => Promise<void>) => {
    const next = (work.get(resourceId) ?? Promise.resolve()).then(task).catch((error: unknown) => {
      fail(deps, resourceId, error);
    });
    work.set(resourceId, next);
  };
  const host = preparePostgresHost(cloud.directory("rds"));
  const onCrash = (resourceId: string) => inBackground(resourceId, () => recover(deps, resourceId));
  const servers = createServers({ cloud, store, host, onCrash });
  const deps: WorkDeps = { cloud, store, servers, snapshots: createSnapshots(cloud, store, servers) };
  const stop = async () => {
    await Promise.all(work.values());
    servers.detach();
  };
  return {
    percentProgress: (snapshot) => deps.snapshots.percentProgress(snapshot),
    newResourceId: () => `db-${cloud.ids.word(26).toUpperCase()}`,
    begin(instance) {
      const { resourceId } = store.instances.save(instance);
      inBackground(resourceId, () => run(deps, resourceId));
      return instance;
    },
    backUp: (snapshot, { resourceId }) => inBackground(resourceId, () => backUp(deps, snapshot)),
    removeSnapshot: (snapshot) => deps.snapshots.remove(snapshot),
    settled: async (resourceId) => work.get(resourceId),
    async start() {
      if (host.directory !== cloud.directory("rds"))
        cloud.log("info", "Data directory of DB instances", { directory: host.directory });
      await servers.prepare();
      failInterrupted(store);
      await sweep(deps);
      for (const { resourceId } of store.instances.list()) inBackground(resourceId, () => resume(deps, resourceId));
      await Promise.all(work.values());
    },
    stop,
    async shutDown() {
      await stop();
      await Promise.all(store.instances.list().map((instance) => servers.stop(instance)));
    },
  };
}

function fail(deps: WorkDeps, resourceId: string, error: unknown): void {
  const instance = deps.store.instances.get(resourceId);
  // Work that a stop of the control plane interrupts is repeated at the next start.
  if (!instance || deps.cloud.stopping.aborted) return;
  deps.cloud.log("error", "DB instance failed", { instance: instance.identifier, status: instance.status, err: error });
  transition(deps, instance, { change: (now) => ({ ...now, status: "failed" }), events: ["RDS-EVENT-0031"] });
}

async function backUp(deps: WorkDeps, snapshot: Snapshot): Promise<void> {
  const instance = deps.store.instances.get(snapshot.resourceId);
  if (!instance) return;
  const ended = await deps.snapshots.take(snapshot, instance);
  if (!ended) return;
  deps.store.transaction(() => {
    deps.snapshots.finish(ended);
    transition(deps, instance, { change: available, events: ["RDS-EVENT-0002"] });
  });
}

/** as AWS: a server that exits is restarted. */
async function recover(deps: WorkDeps, resourceId: string): Promise<void> {
  const { cloud, servers, store } = deps;
  const instance = store.instances.get(resourceId);
  if (!instance || cloud.stopping.aborted || !["available", "backing-up"].includes(instance.status)) return;
  cloud.log("warn", "Restarting PostgreSQL after an unexpected exit", { instance: instance.identifier });
  emit(cloud, "RDS-EVENT-0020", instance.identifier);
  await servers.ensureRunning(instance);
  emit(cloud, "RDS-EVENT-0021", instance.identifier);
}

async function resume(deps: WorkDeps, resourceId: string): Promise<void> {
  const instance = deps.store.instances.get(resourceId);
  if (!instance || instance.status === "stopped") return;
  if (isTransition(instance.status)) return run(deps, resourceId);
  if (instance.builtAt === undefined) return;
  await deps.servers.ensureRunning(instance);
  if (instance.status !== "available") transition(deps, instance, { change: available });
}

/** A copy that an earlier run did not finish has failed; a final snapshot is taken again by its deletion. */
function failInterrupted(store: RdsStore): void {
  const finals = new Set(store.instances.list().map(({ finalSnapshot }) => finalSnapshot));
  for (const snapshot of store.snapshots.list()) {
    if (snapshot.status !== "creating" || finals.has(snapshot.identifier)) continue;
    store.snapshots.save({ ...snapshot, status: "failed" });
  }
}

/** Removes folders that belong to no instance or snapshot, and stops a server that runs there. */
async function sweep({ cloud, store, servers }: WorkDeps): Promise<void> {
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
