import type {
  CreateLoadBalancerCommandInput,
  LoadBalancer as Described,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Operations } from "#local/cloud/index.ts";
import { attributePairs, initialAttributes, loadBalancerAttributes as table, withAttributes } from "../attributes.ts";
import { duplicateLoadBalancer, invalid, loadBalancerNotFound, unsupported } from "../errors.ts";
import { OperationNotPermittedException } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { LoadBalancer } from "../store.ts";
import type { Deps } from "../deps.ts";
import { page, refuse, requireName, tagRecord } from "./input.ts";

export const loadBalancerOperations = (deps: Deps) =>
  ({
    async createLoadBalancer(input) {
      return { LoadBalancers: [describe(deps, await createLoadBalancer(deps, input))] };
    },
    async deleteLoadBalancer({ LoadBalancerArn: arn }) {
      await deleteLoadBalancer(deps, arn);
      return {};
    },
    describeLoadBalancers({ LoadBalancerArns: arns, Names: names, ...input }) {
      if (arns && names) throw invalid("Load balancer names and ARNs cannot be specified at the same time");
      const { items, next } = page(input, select(deps, arns, names));
      return { LoadBalancers: items.map((item) => describe(deps, item)), ...next };
    },
    describeLoadBalancerAttributes: ({ LoadBalancerArn: arn }) => ({
      Attributes: attributePairs(find(deps, arn).attributes),
    }),
    async modifyLoadBalancerAttributes({ LoadBalancerArn: arn, Attributes: changes }) {
      const loadBalancer = find(deps, arn);
      const attributes = withAttributes(table, loadBalancer.attributes, changes);
      deps.store.loadBalancers.put(arn, { ...loadBalancer, attributes });
      await deps.engine.apply(arn);
      return { Attributes: attributePairs(attributes) };
    },
  }) satisfies Operations<"elastic-load-balancing-v2">;

export async function createLoadBalancer(deps: Deps, input: CreateLoadBalancerCommandInput): Promise<LoadBalancer> {
  const { cloud, store, engine } = deps;
  const { Name: name = "", Type: type = "application", Scheme: scheme = "internet-facing" } = input;
  requireName(name, "load balancer");
  if (type !== "application") throw unsupported(`The load balancer type '${type}'`);
  if (input.IpAddressType !== undefined && input.IpAddressType !== "ipv4") throw unsupported("Another IpAddressType");
  refuse(input, ["SubnetMappings", "CustomerOwnedIpv4Pool", "EnablePrefixForIpv6SourceNat", "IpamPools"]);
  const subnets = [...(input.Subnets ?? [])];
  const existing = store.loadBalancers.list().find((each) => each.name === name);
  if (existing) {
    // as AWS: the same request returns the existing load balancer.
    if (existing.scheme !== scheme || existing.subnets.join() !== subnets.join()) throw duplicateLoadBalancer(name);
    return existing;
  }
  const id = cloud.ids.hex(16);
  const loadBalancer: LoadBalancer = {
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
  };
  store.loadBalancers.put(loadBalancer.arn, loadBalancer);
  await engine.apply(loadBalancer.arn);
  return loadBalancer;
}

export async function deleteLoadBalancer({ store, engine }: Deps, arn: string): Promise<void> {
  const loadBalancer = store.loadBalancers.get(arn);
  // as AWS: deleting a load balancer that does not exist succeeds.
  if (!loadBalancer) return;
  if (loadBalancer.attributes["deletion_protection.enabled"] === "true")
    throw new OperationNotPermittedException({
      message: `Load balancer '${arn}' cannot be deleted because deletion protection is enabled`,
      $metadata: {},
    });
  store.transaction(() => {
    for (const listener of store.listenersOf(arn)) store.listeners.delete(listener.arn);
    for (const { servedBy: _deleted, ...group } of store.groupsOf(arn))
      store.targetGroups.put(group.arn, {
        ...group,
        targets: group.targets.filter(({ drainingSince }) => drainingSince === undefined),
      });
    store.loadBalancers.delete(arn);
  });
  await engine.remove(loadBalancer);
}

function find({ store }: Deps, arn: string): LoadBalancer {
  const loadBalancer = store.loadBalancers.get(arn);
  if (!loadBalancer) throw loadBalancerNotFound(arn);
  return loadBalancer;
}

function select(deps: Deps, arns: string[] | undefined, names: string[] | undefined): LoadBalancer[] {
  const all = deps.store.loadBalancers.list();
  if (arns) return arns.map((arn) => find(deps, arn));
  if (!names) return all;
  return names.map((name) => {
    const loadBalancer = all.find((each) => each.name === name);
    if (!loadBalancer) throw loadBalancerNotFound(name);
    return loadBalancer;
  });
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
