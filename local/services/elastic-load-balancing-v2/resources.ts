import { defineResource, type ResourceState } from "#local/cloud/index.ts";
import { z } from "zod";
import type { Deps } from "./deps.ts";
import { changeAction, createListener, deleteListener } from "./operations/listeners.ts";
import {
  changeAttributes as changeLoadBalancerAttributes,
  createLoadBalancer,
  deleteLoadBalancer,
} from "./operations/load-balancers.ts";
import {
  changeAttributes as changeGroupAttributes,
  createTargetGroup,
  deleteTargetGroup,
  modifyTargetGroup,
} from "./operations/target-groups.ts";
import type { LoadBalancer, TargetGroup } from "./store.ts";

const integer = z.coerce.number().int();
const pairs = z.array(z.strictObject({ Key: z.string(), Value: z.coerce.string() }));

export const createResources = (deps: Deps) => [
  loadBalancerResource(deps),
  targetGroupResource(deps),
  listenerResource(deps),
];

const loadBalancerProperties = z.strictObject({
  Name: z.string().optional(),
  Type: z.literal("application").optional(),
  Scheme: z.literal(["internet-facing", "internal"]).optional(),
  IpAddressType: z.literal("ipv4").optional(),
  Subnets: z.array(z.string()).optional(),
  SecurityGroups: z.array(z.string()).optional(),
  LoadBalancerAttributes: pairs.optional(),
  Tags: pairs.optional(),
});

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-elasticloadbalancingv2-loadbalancer.html */
function loadBalancerResource(deps: Deps) {
  const { store } = deps;
  const settle = async (
    loadBalancer: LoadBalancer,
    { LoadBalancerAttributes: changes }: z.infer<typeof loadBalancerProperties>,
  ): Promise<ResourceState> => {
    await changeLoadBalancerAttributes(deps, loadBalancer, changes);
    return {
      physicalId: loadBalancer.arn,
      attributes: {
        LoadBalancerArn: loadBalancer.arn,
        LoadBalancerName: loadBalancer.name,
        LoadBalancerFullName: `app/${loadBalancer.name}/${loadBalancer.id}`,
        DNSName: "127.0.0.1",
        CanonicalHostedZoneID: "ZLOCAL",
      },
    };
  };
  return defineResource({
    type: "AWS::ElasticLoadBalancingV2::LoadBalancer",
    properties: loadBalancerProperties,
    async create(properties, resource) {
      const { LoadBalancerAttributes: _later, ...input } = properties;
      const Name = properties.Name ?? resource.generatedName(32);
      return settle(await createLoadBalancer(deps, { ...input, Name }), properties);
    },
    async update({ physicalId: arn }, properties) {
      const loadBalancer = store.loadBalancers.get(arn);
      if (!loadBalancer) throw new Error(`Load balancer ${arn} does not exist: it was deleted outside the stack.`);
      requireSame({ Name: [properties.Name ?? loadBalancer.name, loadBalancer.name] });
      return settle(loadBalancer, properties);
    },
    delete: ({ physicalId }) => deleteLoadBalancer(deps, physicalId),
  });
}

const targetGroupProperties = z.strictObject({
  Name: z.string().optional(),
  Port: integer,
  Protocol: z.literal("HTTP"),
  ProtocolVersion: z.literal("HTTP1").optional(),
  TargetType: z.literal("ip"),
  VpcId: z.string(),
  HealthCheckEnabled: z.literal([true, "true"]).optional(),
  HealthCheckIntervalSeconds: integer.optional(),
  HealthCheckPath: z.string().optional(),
  HealthCheckPort: z.coerce.string().optional(),
  HealthCheckProtocol: z.literal("HTTP").optional(),
  HealthCheckTimeoutSeconds: integer.optional(),
  HealthyThresholdCount: integer.optional(),
  UnhealthyThresholdCount: integer.optional(),
  Matcher: z.strictObject({ HttpCode: z.coerce.string() }).optional(),
  TargetGroupAttributes: pairs.optional(),
  Tags: pairs.optional(),
});

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-elasticloadbalancingv2-targetgroup.html */
function targetGroupResource(deps: Deps) {
  const { store } = deps;
  const settle = async (
    group: TargetGroup,
    { TargetGroupAttributes: changes }: z.infer<typeof targetGroupProperties>,
  ): Promise<ResourceState> => {
    await changeGroupAttributes(deps, group, changes);
    return {
      physicalId: group.arn,
      attributes: {
        TargetGroupArn: group.arn,
        TargetGroupName: group.name,
        TargetGroupFullName: group.arn.slice(group.arn.lastIndexOf(":") + 1),
      },
    };
  };
  return defineResource({
    type: "AWS::ElasticLoadBalancingV2::TargetGroup",
    properties: targetGroupProperties,
    create(properties, resource) {
      const { TargetGroupAttributes: _later, ...input } = properties;
      const Name = properties.Name ?? resource.generatedName(32);
      return settle(createTargetGroup(deps, { ...input, Name }), properties);
    },
    async update({ physicalId: arn }, properties) {
      const { Name, Port, VpcId, Protocol: _http, ProtocolVersion: _one, TargetType: _ip, Tags: _tags } = properties;
      const group = store.targetGroups.get(arn);
      if (!group) throw new Error(`Target group ${arn} does not exist: it was deleted outside the stack.`);
      requireSame({ Name: [Name ?? group.name, group.name], Port: [Port, group.port], VpcId: [VpcId, group.vpcId] });
      const { TargetGroupAttributes: _later, ...check } = properties;
      return settle(await modifyTargetGroup(deps, { ...checkOf(check), TargetGroupArn: arn }), properties);
    },
    delete: ({ physicalId }) => deleteTargetGroup(deps, physicalId),
  });
}

function checkOf(properties: z.infer<typeof targetGroupProperties>) {
  return Object.fromEntries(
    Object.entries(properties).filter(([name]) => name.startsWith("Health") || /^(Unhealthy|Matcher)/.test(name)),
  );
}

const forwardGroup = z.strictObject({ TargetGroupArn: z.string(), Weight: integer.optional() });

const listenerProperties = z.strictObject({
  LoadBalancerArn: z.string(),
  Port: integer,
  Protocol: z.literal("HTTP"),
  DefaultActions: z.array(
    z.strictObject({
      Type: z.literal(["forward", "fixed-response"]),
      TargetGroupArn: z.string().optional(),
      ForwardConfig: z.strictObject({ TargetGroups: z.array(forwardGroup) }).optional(),
      FixedResponseConfig: z
        .strictObject({
          StatusCode: z.coerce.string(),
          ContentType: z.string().optional(),
          MessageBody: z.string().optional(),
        })
        .optional(),
    }),
  ),
});

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-elasticloadbalancingv2-listener.html */
function listenerResource(deps: Deps) {
  const { store } = deps;
  const stateOf = (arn: string): ResourceState => ({ physicalId: arn, attributes: { ListenerArn: arn } });
  return defineResource({
    type: "AWS::ElasticLoadBalancingV2::Listener",
    properties: listenerProperties,
    async create(properties) {
      const { LoadBalancerArn: loadBalancerArn, Port: port } = properties;
      // Created by a start that was interrupted before it was recorded.
      const existing = store.listenersOf(loadBalancerArn).find((listener) => listener.port === port);
      if (existing) return stateOf((await changeAction(deps, existing, properties.DefaultActions)).arn);
      return stateOf((await createListener(deps, properties)).arn);
    },
    async update({ physicalId: arn }, { LoadBalancerArn, Port, DefaultActions }) {
      const listener = store.listeners.get(arn);
      if (!listener) throw new Error(`Listener ${arn} does not exist: it was deleted outside the stack.`);
      requireSame({ LoadBalancerArn: [LoadBalancerArn, listener.loadBalancerArn], Port: [Port, listener.port] });
      // as AWS: this overwrites a traffic shift since the stack was last deployed.
      return stateOf((await changeAction(deps, listener, DefaultActions)).arn);
    },
    async delete({ physicalId: arn }) {
      if (store.listeners.get(arn)) await deleteListener(deps, arn);
    },
  });
}

/** differs from AWS, where such a change replaces the resource. */
function requireSame(properties: Readonly<Record<string, readonly [unknown, unknown]>>): void {
  const changed = Object.entries(properties).flatMap(([name, [now, before]]) => (now === before ? [] : [name]));
  if (changed.length > 0)
    throw new Error(
      `${changed.join(", ")} cannot be changed: that would replace the resource, which the local cloud does not support. Fix: revert the change.`,
    );
}
