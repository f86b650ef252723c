import { rmSync } from "node:fs";
import path from "node:path";
import type { Cloud } from "#local/cloud/index.ts";
import type { ProxyStatus } from "./admin-client.ts";
import { openBalancer, type Balancer } from "./balancer.ts";
import type { TargetStatus } from "./proxy/gateway.ts";
import type { Period } from "./proxy/period-log.ts";
import { proxyConfigOf } from "./proxy-config.ts";
import type { LoadBalancer, Store, TargetGroup } from "./store.ts";

/** Keeps the proxies at what the store says. */
export interface Engine {
  start(): Promise<void>;
  stop(): void;
  shutDown(): Promise<void>;
  /** Has the load balancer do what the store now says; resolves when it does. */
  apply(loadBalancerArn: string): Promise<ProxyStatus>;
  /** Ends the proxy of a load balancer and removes what it kept. */
  remove(loadBalancer: LoadBalancer): Promise<void>;
  /** Of the group's targets, by registration; undefined when no load balancer has to do with the group. */
  healthOf(group: TargetGroup): Promise<ReadonlyMap<string, TargetStatus> | undefined>;
  /** What the load balancer counted after the cursor. */
  periodsAfter(loadBalancerArn: string, cursor: number): Promise<Period[]>;
}

export function createEngine(cloud: Cloud, store: Store): Engine {
  const balancers = new Map<string, Balancer>();
  const directoryOf = ({ id }: Pick<LoadBalancer, "id">) => path.join(cloud.directory("elastic-load-balancing-v2"), id);
  const balancerOf = (arn: string): Balancer => {
    const known = balancers.get(arn);
    if (known) return known;
    const loadBalancer = store.loadBalancers.get(arn);
    if (!loadBalancer) throw new Error(`There is no load balancer ${arn}.`);
    const opened = openBalancer(cloud, directoryOf(loadBalancer));
    balancers.set(arn, opened);
    return opened;
  };
  const apply = async (arn: string): Promise<ProxyStatus> => {
    const loadBalancer = store.loadBalancers.get(arn);
    if (!loadBalancer) throw new Error(`There is no load balancer ${arn}.`);
    const raised = { ...loadBalancer, revision: loadBalancer.revision + 1 };
    store.loadBalancers.put(arn, raised);
    const status = await balancerOf(arn).configure(proxyConfigOf(raised, store, cloud.clock));
    forgetDrained(store, status);
    return status;
  };
  return {
    apply,
    async start() {
      await Promise.all(store.loadBalancers.keys().map((arn) => apply(arn)));
    },
    stop() {
      for (const balancer of balancers.values()) balancer.letGo();
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
      forgetDrained(store, status);
      const targets = status.targetGroups.find((group) => group.arn === arn)?.targets ?? [];
      return new Map(targets.map((target) => [target.id, target]));
    },
    periodsAfter: (arn, cursor) => balancerOf(arn).periodsAfter(cursor),
  };
}

/** Takes out of the store the targets that their proxy has drained. */
function forgetDrained(store: Store, { targetGroups }: ProxyStatus): void {
  for (const { arn, targets } of targetGroups) {
    const drained = new Set(targets.filter(({ isDrained }) => isDrained).map(({ id }) => id));
    const group = store.targetGroups.get(arn);
    const left = group?.targets.filter(
      ({ registration, drainingSince }) => drainingSince === undefined || !drained.has(registration),
    );
    if (group && left && left.length < group.targets.length) store.targetGroups.put(arn, { ...group, targets: left });
  }
}
