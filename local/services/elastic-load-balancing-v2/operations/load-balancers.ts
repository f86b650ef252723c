import type {
  CreateLoadBalancerCommandInput,
  LoadBalancer as Described,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Clients, Operations } from "#local/cloud/index.ts";
import { attributePairs, initialAttributes, loadBalancerAttributes as table, withAttributes } from "../attributes.ts";
import { duplicateLoadBalancer, invalid, loadBalancerNotFound, unsupported } from "../errors.ts";
import { OperationNotPermittedException } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { LoadBalancer } from "../store.ts";
import { page, refuse, requireName, tagRecord, type Context } from "./context.ts";

type Client = Clients["elastic-load-balancing-v2"];

export const loadBalancerOperations = (context: Context) =>
  ({
    async createLoadBalancer(input) {
      return { LoadBalancers: [describe(context, await createLoadBalancer(context, input))] };
    },
    async deleteLoadBalancer({ LoadBalancerArn: arn }) {
      await deleteLoadBalancer(context, arn);
      return {};
    },
    describeLoadBalancers({ LoadBalancerArns: arns, Names: names, ...input }) {
      if (arns && names) throw invalid("Load balancer names and ARNs cannot be given at the same time");
      const { items, next } = page(input, select(context, arns, names));
      return { LoadBalancers: items.map((item) => describe(context, item)), ...next };
    },
    describeLoadBalancerAttributes: ({ LoadBalancerArn: arn }) => ({
      Attributes: attributePairs(find(context, arn).attributes),
    }),
    async modifyLoadBalancerAttributes({ LoadBalancerArn: arn, Attributes: changes }) {
      const found = find(context, arn);
      const attributes = withAttributes(table, found.attributes, changes);
      context.store.loadBalancers.put(arn, { ...found, attributes });
      await context.engine.apply(arn);
      return { Attributes: attributePairs(attributes) };
    },
  }) satisfies Operations<Client>;

export async function createLoadBalancer(
  context: Context,
  input: CreateLoadBalancerCommandInput,
): Promise<LoadBalancer> {
  const { cloud, store, engine } = context;
  const { Name: name = "", Type: type = "application", Scheme: scheme = "internet-facing" } = input;
  requireName(name, "load balancer");
  if (type !== "application") throw unsupported(`The load balancer type '${type}'`);
  if (input.IpAddressType !== undefined && input.IpAddressType !== "ipv4") throw unsupported("Another IpAddressType");
  refuse(input, ["SubnetMappings", "CustomerOwnedIpv4Pool", "EnablePrefixForIpv6SourceNat", "IpamPools"]);
  const subnets = [...(input.Subnets ?? [])];
  const known = store.loadBalancers.list().find((each) => each.name === name);
  if (known) {
    // as AWS: the same request again gives the same load balancer.
    if (known.scheme !== scheme || known.subnets.join() !== subnets.join()) throw duplicateLoadBalancer(name);
    return known;
  }
  const id = cloud.ids.hex(16);
  const made: LoadBalancer = {
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
  store.loadBalancers.put(made.arn, made);
  await engine.apply(made.arn);
  return made;
}

export async function deleteLoadBalancer({ store, engine }: Context, arn: string): Promise<void> {
  const found = store.loadBalancers.get(arn);
  // as AWS: deleting what is not there succeeds.
  if (!found) return;
  if (found.attributes["deletion_protection.enabled"] === "true")
    throw new OperationNotPermittedException({
      message: `Load balancer '${arn}' cannot be deleted because deletion protection is enabled`,
      $metadata: {},
    });
  store.transaction(() => {
    for (const listener of store.listenersOf(arn)) store.listeners.delete(listener.arn);
    for (const { servedBy: _gone, ...group } of store.groupsOf(arn))
      store.targetGroups.put(group.arn, {
        ...group,
        targets: group.targets.filter(({ drainingSince }) => drainingSince === undefined),
      });
    store.loadBalancers.delete(arn);
  });
  await engine.remove(found);
}

function find({ store }: Context, arn: string): LoadBalancer {
  const found = store.loadBalancers.get(arn);
  if (!found) throw loadBalancerNotFound(arn);
  return found;
}

function select(context: Context, arns: string[] | undefined, names: string[] | undefined): LoadBalancer[] {
  const all = context.store.loadBalancers.list();
  if (arns) return arns.map((arn) => find(context, arn));
  if (!names) return all;
  return names.map((name) => {
    const found = all.find((each) => each.name === name);
    if (!found) throw loadBalancerNotFound(name);
    return found;
  });
}

function describe({ cloud }: Context, loadBalancer: LoadBalancer): Described {
  const { arn, name, createdAt, scheme, subnets, securityGroups } = loadBalancer;
  return {
    LoadBalancerArn: arn,
    // differs from AWS: there a host name of its own; here all load balancers share the address and differ in their ports.
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
