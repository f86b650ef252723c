import { records, type Cloud } from "#local/cloud/index.ts";
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
  /** Revision of the configuration for its proxy. */
  revision: number;
}

export interface HealthCheck {
  path: string;
  /** Undefined: the target's own port. */
  port?: number | undefined;
  intervalSeconds: number;
  timeoutSeconds: number;
  healthyThreshold: number;
  unhealthyThreshold: number;
  matcher: string;
}

export interface Target {
  /** Id of this registration: a target that is registered again has a new one. */
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
  /** The load balancer that forwards to it, or did: its in-flight requests to the targets have to drain. */
  servedBy?: string;
}

export interface Listener {
  arn: string;
  ruleArn: string;
  loadBalancerArn: string;
  /** The requested port. */
  port: number;
  /** The port on this machine, which does not change. */
  boundPort: number;
  action: ActionConfig;
  /** Of an HTTPS listener. */
  tls?: { key: string; certificate: string; certificateArn: string; policy: string } | undefined;
  tags: Record<string, string>;
}

const arnOf = ({ arn }: { arn: string }) => arn;

export type Store = ReturnType<typeof openStore>;

export function openStore({ store }: Pick<Cloud, "store">) {
  const loadBalancers = records<LoadBalancer>(store, "elastic-load-balancing-v2.load-balancers", arnOf);
  const targetGroups = records<TargetGroup>(store, "elastic-load-balancing-v2.target-groups", arnOf);
  const listeners = records<Listener>(store, "elastic-load-balancing-v2.listeners", arnOf);
  const published = store.collection<{ cursor: number }>("elastic-load-balancing-v2.published");
  const listenersOf = (loadBalancerArn: string) =>
    listeners.list().filter((listener) => listener.loadBalancerArn === loadBalancerArn);
  const forwardsTo = ({ action }: Listener, arn: string) =>
    action.type === "forward" && action.groups.some((group) => group.arn === arn);
  return {
    loadBalancers,
    targetGroups,
    listeners,
    /** Up to which period the metrics of a load balancer have been published. */
    published,
    listenersOf,
    /** Target groups that the load balancer serves. */
    groupsOf: (loadBalancerArn: string) => targetGroups.list().filter(({ servedBy }) => servedBy === loadBalancerArn),
    /** Listeners that forward to the group, with any weight. */
    listenersFor: (groupArn: string) => listeners.list().filter((listener) => forwardsTo(listener, groupArn)),
    transaction: <R>(work: () => R) => store.transaction(work),
  };
}
