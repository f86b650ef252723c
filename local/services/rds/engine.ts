import { createDriver, type Cloud, type Driver } from "#local/cloud/index.ts";
import { readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import path from "node:path";
import { adoptCluster, makeFolder, stopCluster } from "./postgres/cluster.ts";
import { preparePostgresHost } from "./postgres/host.ts";
import { createServers } from "./servers.ts";
import { createSnapshots } from "./snapshots.ts";
import type { Instance, RdsStore, Snapshot } from "./store.ts";
import { step, transition, type WorkDeps } from "./transitions.ts";

export interface Engine {
  percentProgress(snapshot: Snapshot): number;
  newResourceId(): string;
  /** Saves an instance in a passing status, then does the work of the status in the background. */
  begin(instance: Instance): Instance;
  removeSnapshot(snapshot: Snapshot): Promise<void>;
  /** Resolves when no work is running on the instance. */
  settled(resourceId: string): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
  shutDown(): Promise<void>;
}

export function createEngine(cloud: Cloud, store: RdsStore): Engine {
  const host = preparePostgresHost(cloud.directory("rds"));
  const driver: Driver = createDriver({
    cloud,
    name: "DB instances",
    step: (resourceId) => step(deps, resourceId),
    failed: ({ key, error }) => fail(deps, key, error),
  });
  const onCrash = (resourceId: string) => {
    deps.toRestart.add(resourceId);
    driver.drive(resourceId);
  };
  const servers = createServers({ cloud, store, host, onCrash });
  const deps: WorkDeps = {
    cloud,
    store,
    servers,
    snapshots: createSnapshots(cloud, store, servers),
    toRestart: new Set(),
  };
  const stop = async () => {
    await driver.settled();
    servers.detach();
  };
  return {
    percentProgress: (snapshot) => deps.snapshots.percentProgress(snapshot),
    newResourceId: () => `db-${cloud.ids.word(26).toUpperCase()}`,
    begin(instance) {
      driver.drive(store.instances.save(instance).resourceId);
      return instance;
    },
    removeSnapshot: (snapshot) => deps.snapshots.remove(snapshot),
    settled: (resourceId) => driver.settled(resourceId),
    async start() {
      if (host.directory !== cloud.directory("rds"))
        cloud.log("info", "Data directory of DB instances", { directory: host.directory });
      await servers.prepare();
      failInterrupted(store);
      await sweep(deps);
      for (const { resourceId, status, builtAt } of store.instances.list()) {
        if (status === "failed" && builtAt !== undefined) deps.toRestart.add(resourceId);
        driver.drive(resourceId);
      }
      await driver.settled();
    },
    stop,
    async shutDown() {
      await stop();
      await Promise.all(store.instances.list().map((instance) => servers.stop(instance)));
    },
  };
}

function fail(deps: WorkDeps, resourceId: string, error: unknown): undefined {
  const instance = deps.store.instances.get(resourceId);
  if (!instance) return;
  deps.cloud.log("error", "DB instance failed", { instance: instance.identifier, status: instance.status, err: error });
  transition(deps, instance, { change: (now) => ({ ...now, status: "failed" }), events: ["RDS-EVENT-0031"] });
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
