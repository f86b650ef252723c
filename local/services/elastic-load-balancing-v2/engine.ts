import { rmSync } from "node:fs";
import path from "node:path";
import type { Cloud } from "#local/cloud/index.ts";
import { freePort } from "#local/kernel/index.ts";
import type { ProxyStatus } from "./admin-client.ts";
import { openBalancer, type Balancer } from "./balancer.ts";
import type { TargetStatus } from "./proxy/gateway.ts";
import type { Period } from "./proxy/period-log.ts";
import { proxyConfigOf } from "./proxy-config.ts";
import type { LoadBalancer, Store, TargetGroup } from "./store.ts";

const bindAttempts = 5;

/** Runs one proxy per load balancer with the configuration in the store. */
export interface Engine {
  start(): Promise<void>;
  stop(): void;
  shutDown(): Promise<void>;
  /** Applies the stored configuration to the load balancer; resolves when it is in effect. */
  apply(loadBalancerArn: string): Promise<ProxyStatus>;
  /** Stops the proxy of a load balancer and deletes its files. */
  remove(loadBalancer: LoadBalancer): Promise<void>;
  /** Health of the group's targets, by registration; undefined when no load balancer serves the group. */
  healthOf(group: TargetGroup): Promise<ReadonlyMap<string, TargetStatus> | undefined>;
  /** Metrics of the load balancer after the cursor. */
  periodsAfter(loadBalancerArn: string, cursor: number): Promise<Period[]>;
}

export function createEngine(cloud: Cloud, store: Store): Engine {
  const balancers = new Map<string, Balancer>();
  const directoryOf = ({ id }: Pick<LoadBalancer, "id">) => path.join(cloud.directory("elastic-load-balancing-v2"), id);
  const balancerOf = (arn: string): Balancer => {
    const known = balancers.get(arn);
    if (known) return known;
    const loadBalancer = store.loadBalancers.get(arn);
    if (!loadBalancer) throw new Error(`Load balancer ${arn} does not exist.`);
    const opened = openBalancer(cloud, directoryOf(loadBalancer));
    balancers.set(arn, opened);
    return opened;
  };
  const apply = async (arn: string): Promise<ProxyStatus> => {
    const loadBalancer = store.loadBalancers.get(arn);
    if (!loadBalancer) throw new Error(`Load balancer ${arn} does not exist.`);
    const updated = store.loadBalancers.save({ ...loadBalancer, revision: loadBalancer.revision + 1 });
    const status = await balancerOf(arn).configure(proxyConfigOf(updated, store, cloud.clock));
    deleteDrained(store, status);
    return status;
  };
  /** An app that another process has taken the port of would otherwise not be reachable until that process ends. */
  const applyOnFreePorts = async (arn: string): Promise<void> => {
    for (let attempt = 0; attempt < bindAttempts; attempt += 1) {
      const { listeners } = await apply(arn);
      const unbound = listeners.filter(({ problem }) => problem !== undefined).map((listener) => listener.arn);
      if (unbound.length === 0) return;
      for (const listener of unbound) await moveListener(cloud, store, listener);
    }
  };
  return {
    apply,
    async start() {
      await Promise.all(store.loadBalancers.keys().map(applyOnFreePorts));
    },
    stop() {
      for (const balancer of balancers.values()) balancer.detach();
    },
    async shutDown() {
      await Promise.all(store.loadBalancers.keys().map((arn) => balancerOf(arn).end()));
    },
    async remove(loadBalancer) {
      await balancers.get(loadBalancer.arn)?.end();
      balancers.delete(loadBalancer.arn);
      rmSync(directoryOf(loadBalancer), { recursive: true, force: true });
    },
    async healthOf({ arn, servedBy }) {
      if (servedBy === undefined || !store.loadBalancers.get(servedBy)) return undefined;
      const status = await balancerOf(servedBy).status();
      deleteDrained(store, status);
      const targets = status.targetGroups.find((group) => group.arn === arn)?.targets ?? [];
      return new Map(targets.map((target) => [target.id, target]));
    },
    periodsAfter: (arn, cursor) => balancerOf(arn).periodsAfter(cursor),
  };
}

async function moveListener(cloud: Cloud, store: Store, arn: string): Promise<void> {
  const listener = store.listeners.get(arn);
  if (!listener) return;
  cloud.portTaken(`load balancer's listener ${listener.port}`, listener.boundPort);
  store.listeners.save({ ...listener, boundPort: await freePort() });
}

/** Deletes the targets that their proxy has drained. */
function deleteDrained(store: Store, { targetGroups }: ProxyStatus): void {
  for (const { arn, targets } of targetGroups) {
    const drained = new Set(targets.filter(({ isDrained }) => isDrained).map(({ id }) => id));
    const group = store.targetGroups.get(arn);
    const remaining = group?.targets.filter(
      ({ registration, drainingSince }) => drainingSince === undefined || !drained.has(registration),
    );
    if (group && remaining && remaining.length < group.targets.length)
      store.targetGroups.save({ ...group, targets: remaining });
  }
}
