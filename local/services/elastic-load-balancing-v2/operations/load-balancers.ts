import type { LoadBalancer as Described } from "@aws-sdk/client-elastic-load-balancing-v2";
import { tagRecord } from "#local/cloud/index.ts";
import { attributePairs, initialAttributes, loadBalancerAttributes as table, withAttributes } from "../attributes.ts";
import type { Deps } from "../deps.ts";
import { fault, invalid, loadBalancerNotFound } from "../faults.ts";
import type { Input, Operations } from "../reads.ts";
import type { LoadBalancer } from "../store.ts";
import { findLoadBalancer, requireName, select } from "./find.ts";

export const loadBalancerOperations = (deps: Deps) =>
  ({
    async createLoadBalancer(input) {
      return { LoadBalancers: [describe(deps, await createLoadBalancer(deps, input))] };
    },
    async deleteLoadBalancer({ LoadBalancerArn: arn }) {
      await deleteLoadBalancer(deps, arn);
      return {};
    },
    describeLoadBalancers({ LoadBalancerArns: arns, Names: names }) {
      if (arns && names) throw invalid("Load balancer names and ARNs cannot be specified at the same time");
      const loadBalancers = select(deps.store.loadBalancers.list(), { arns, names }, loadBalancerNotFound);
      return { LoadBalancers: loadBalancers.map((each) => describe(deps, each)) };
    },
    describeLoadBalancerAttributes: ({ LoadBalancerArn: arn }) => ({
      Attributes: attributePairs(findLoadBalancer(deps, arn).attributes),
    }),
    async modifyLoadBalancerAttributes({ LoadBalancerArn: arn, Attributes: changes }) {
      const { attributes } = await changeAttributes(deps, findLoadBalancer(deps, arn), changes);
      return { Attributes: attributePairs(attributes) };
    },
  }) satisfies Partial<Operations>;

export async function createLoadBalancer(deps: Deps, input: Input<"createLoadBalancer">): Promise<LoadBalancer> {
  const { cloud, store, engine } = deps;
  const { Name: name, Scheme: scheme = "internet-facing" } = input;
  requireName(name, "load balancer");
  const subnets = [...(input.Subnets ?? [])];
  const existing = store.loadBalancers.find((each) => each.name === name);
  if (existing) {
    // as AWS: the same request returns the existing load balancer.
    if (existing.scheme === scheme && existing.subnets.join() === subnets.join()) return existing;
    const message = `A load balancer with the same name '${name}' exists, but with different settings`;
    throw fault("DuplicateLoadBalancerNameException", message);
  }
  const id = cloud.ids.hex(16);
  const loadBalancer = store.loadBalancers.save({
    arn: cloud.arn("elasticloadbalancing", `loadbalancer/app/${name}/${id}`),
    name,
    id,
    createdAt: cloud.clock.now(),
    scheme,
    subnets,
    securityGroups: [...(input.SecurityGroups ?? [])],
    attributes: initialAttributes(table),
    tags: tagRecord(input.Tags),
    revision: 0,
  });
  await engine.apply(loadBalancer.arn);
  return loadBalancer;
}

export async function changeAttributes(
  { store, engine }: Deps,
  loadBalancer: LoadBalancer,
  changes: Input<"modifyLoadBalancerAttributes">["Attributes"] | undefined,
): Promise<LoadBalancer> {
  const attributes = withAttributes(table, loadBalancer.attributes, changes);
  const changed = store.loadBalancers.save({ ...loadBalancer, attributes });
  await engine.apply(changed.arn);
  return changed;
}

export async function deleteLoadBalancer({ store, engine }: Deps, arn: string): Promise<void> {
  const loadBalancer = store.loadBalancers.get(arn);
  // as AWS: deleting a load balancer that does not exist succeeds.
  if (!loadBalancer) return;
  if (loadBalancer.attributes["deletion_protection.enabled"] === "true") {
    const message = `Load balancer '${arn}' cannot be deleted because deletion protection is enabled`;
    throw fault("OperationNotPermittedException", message);
  }
  store.transaction(() => {
    for (const listener of store.listenersOf(arn)) store.listeners.delete(listener.arn);
    for (const { servedBy: _deleted, ...group } of store.groupsOf(arn))
      store.targetGroups.save({
        ...group,
        targets: group.targets.filter(({ drainingSince }) => drainingSince === undefined),
      });
    store.loadBalancers.delete(arn);
  });
  await engine.remove(loadBalancer);
}

function describe({ cloud }: Deps, loadBalancer: LoadBalancer): Described {
  const { arn, name, createdAt, scheme, subnets, securityGroups } = loadBalancer;
  return {
    LoadBalancerArn: arn,
    // differs from AWS, where each has its own host name: all load balancers share the address and differ in their ports.
    DNSName: "127.0.0.1",
    CanonicalHostedZoneId: "ZLOCAL",
    CreatedTime: new Date(createdAt),
    LoadBalancerName: name,
    Scheme: scheme,
    VpcId: "vpc-local",
    State: { Code: "active" },
    Type: "application",
    AvailabilityZones: subnets.map((SubnetId, index) => ({
      SubnetId,
      ZoneName: `${cloud.region}${"abc".charAt(index % 3)}`,
      LoadBalancerAddresses: [],
    })),
    SecurityGroups: securityGroups,
    IpAddressType: "ipv4",
  };
}
