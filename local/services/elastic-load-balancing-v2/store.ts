import type { Cloud } from "#local/cloud/index.ts";
import type { ActionConfig } from "./proxy/config.ts";

export interface LoadBalancer {
  arn: string;
  name: string;
  id: string;
  createdAt: number;
  scheme: "internet-facing" | "internal";
  subnets: string[];
  securityGroups: string[];
  attributes: Record<string, string>;
  tags: Record<string, string>;
  /** Of the configuration that its proxy is to have. */
  revision: number;
}

export interface HealthCheck {
  path: string;
  /** Undefined: the port of the target's traffic. */
  port?: number;
  intervalSeconds: number;
  timeoutSeconds: number;
  healthyThreshold: number;
  unhealthyThreshold: number;
  matcher: string;
}

export interface Target {
  /** Of this registration: a target that is registered again after it left is another one. */
  registration: string;
  host: string;
  port: number;
  drainingSince?: number;
}

export interface TargetGroup {
  arn: string;
  name: string;
  port: number;
  vpcId: string;
  healthCheck: HealthCheck;
  attributes: Record<string, string>;
  tags: Record<string, string>;
  targets: Target[];
  /** The load balancer that forwards to it, or did: what is still in flight to its targets is in that one's hands. */
  servedBy?: string;
}

export interface Listener {
  arn: string;
  ruleArn: string;
  loadBalancerArn: string;
  /** The port that was asked for. */
  port: number;
  /** The port that it has on this machine, for good. */
  boundPort: number;
  action: ActionConfig;
  tags: Record<string, string>;
}

export type Store = ReturnType<typeof createStore>;

export function createStore({ store }: Pick<Cloud, "store">) {
  const loadBalancers = store.collection<LoadBalancer>("elastic-load-balancing-v2.load-balancers");
  const targetGroups = store.collection<TargetGroup>("elastic-load-balancing-v2.target-groups");
  const listeners = store.collection<Listener>("elastic-load-balancing-v2.listeners");
  const published = store.collection<{ cursor: number }>("elastic-load-balancing-v2.published");
  const listenersOf = (loadBalancerArn: string) =>
    listeners.list().filter((listener) => listener.loadBalancerArn === loadBalancerArn);
  const forwardsTo = ({ action }: Listener, arn: string) =>
    action.type === "forward" && action.groups.some((group) => group.arn === arn);
  return {
    loadBalancers,
    targetGroups,
    listeners,
    /** Up to which period CloudWatch has been told what a load balancer counted. */
    published,
    listenersOf,
    /** Groups whose targets are in the hands of the load balancer. */
    groupsOf: (loadBalancerArn: string) => targetGroups.list().filter(({ servedBy }) => servedBy === loadBalancerArn),
    /** Listeners that forward to the group, with whatever weight. */
    listenersFor: (groupArn: string) => listeners.list().filter((listener) => forwardsTo(listener, groupArn)),
    transaction: <R>(work: () => R) => store.transaction(work),
  };
}
