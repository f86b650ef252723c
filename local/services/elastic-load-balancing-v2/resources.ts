import { defineResource, type ResourceState } from "#local/cloud/index.ts";
import { z } from "zod";
import { loadBalancerAttributes, targetGroupAttributes, withAttributes } from "./attributes.ts";
import type { Context } from "./operations/context.ts";
import { changeAction, createListener, deleteListener } from "./operations/listeners.ts";
import { createLoadBalancer, deleteLoadBalancer } from "./operations/load-balancers.ts";
import { createTargetGroup, deleteTargetGroup, modifyTargetGroup } from "./operations/target-groups.ts";
import type { LoadBalancer, TargetGroup } from "./store.ts";

const integer = z.coerce.number().int();
const pairs = z.array(z.strictObject({ Key: z.string(), Value: z.coerce.string() }));

export const createResources = (context: Context) => [
  loadBalancerResource(context),
  targetGroupResource(context),
  listenerResource(context),
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
function loadBalancerResource(context: Context) {
  const { store, engine } = context;
  const settle = async (
    found: LoadBalancer,
    { LoadBalancerAttributes: changes }: z.infer<typeof loadBalancerProperties>,
  ): Promise<ResourceState> => {
    const attributes = withAttributes(loadBalancerAttributes, found.attributes, changes);
    store.loadBalancers.put(found.arn, { ...found, attributes });
    await engine.apply(found.arn);
    return {
      physicalId: found.arn,
      attributes: {
        LoadBalancerArn: found.arn,
        LoadBalancerName: found.name,
        LoadBalancerFullName: `app/${found.name}/${found.id}`,
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
      return settle(await createLoadBalancer(context, { ...input, Name }), properties);
    },
    async update({ physicalId: arn }, properties) {
      const found = store.loadBalancers.get(arn);
      if (!found) throw new Error(`The load balancer ${arn} is gone: it was deleted outside the stack.`);
      requireSame({ Name: [properties.Name ?? found.name, found.name] });
      return settle(found, properties);
    },
    delete: ({ physicalId }) => deleteLoadBalancer(context, physicalId),
  });
}

const targetGroupProperties = z.strictObject({
  Name: z.string().optional(),
  Port: integer,
  Protocol: z.literal("HTTP"),
  ProtocolVersion: z.literal("HTTP1").optional(),
  TargetType: z.literal("ip"),
  VpcId: z.string(),
  HealthCheckEnabled: z.union([z.boolean(), z.stringbool()]).optional(),
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
function targetGroupResource(context: Context) {
  const { store, engine } = context;
  const settle = async (
    found: TargetGroup,
    { TargetGroupAttributes: changes }: z.infer<typeof targetGroupProperties>,
  ): Promise<ResourceState> => {
    const attributes = withAttributes(targetGroupAttributes, found.attributes, changes);
    store.targetGroups.put(found.arn, { ...found, attributes });
    if (found.servedBy !== undefined) await engine.apply(found.servedBy);
    return {
      physicalId: found.arn,
      attributes: {
        TargetGroupArn: found.arn,
        TargetGroupName: found.name,
        TargetGroupFullName: found.arn.slice(found.arn.lastIndexOf(":") + 1),
      },
    };
  };
  return defineResource({
    type: "AWS::ElasticLoadBalancingV2::TargetGroup",
    properties: targetGroupProperties,
    create(properties, resource) {
      const { TargetGroupAttributes: _later, ...input } = properties;
      const Name = properties.Name ?? resource.generatedName(32);
      return settle(createTargetGroup(context, { ...input, Name }), properties);
    },
    async update({ physicalId: arn }, properties) {
      const { Name, Port, VpcId, Protocol: _http, ProtocolVersion: _one, TargetType: _ip, Tags: _tags } = properties;
      const found = store.targetGroups.get(arn);
      if (!found) throw new Error(`The target group ${arn} is gone: it was deleted outside the stack.`);
      requireSame({ Name: [Name ?? found.name, found.name], Port: [Port, found.port], VpcId: [VpcId, found.vpcId] });
      const { TargetGroupAttributes: _later, ...check } = properties;
      return settle(await modifyTargetGroup(context, { ...checkOf(check), TargetGroupArn: arn }), properties);
    },
    delete: ({ physicalId }) => deleteTargetGroup(context, physicalId),
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
function listenerResource(context: Context) {
  const { store } = context;
  const stateOf = (arn: string): ResourceState => ({ physicalId: arn, attributes: { ListenerArn: arn } });
  return defineResource({
    type: "AWS::ElasticLoadBalancingV2::Listener",
    properties: listenerProperties,
    async create(properties) {
      const { LoadBalancerArn: loadBalancerArn, Port: port } = properties;
      // Made by a start that was interrupted before it could say so.
      const found = store.listenersOf(loadBalancerArn).find((listener) => listener.port === port);
      if (found) return stateOf((await changeAction(context, found, properties.DefaultActions)).arn);
      return stateOf((await createListener(context, properties)).arn);
    },
    async update({ physicalId: arn }, { LoadBalancerArn, Port, DefaultActions }) {
      const found = store.listeners.get(arn);
      if (!found) throw new Error(`The listener ${arn} is gone: it was deleted outside the stack.`);
      requireSame({ LoadBalancerArn: [LoadBalancerArn, found.loadBalancerArn], Port: [Port, found.port] });
      // as AWS: this undoes where a deployment has moved the traffic since the stack was last deployed.
      return stateOf((await changeAction(context, found, DefaultActions)).arn);
    },
    async delete({ physicalId: arn }) {
      if (store.listeners.get(arn)) await deleteListener(context, arn);
    },
  });
}

/** differs from AWS: there these replace the resource; here they are refused. */
function requireSame(properties: Readonly<Record<string, readonly [unknown, unknown]>>): void {
  const changed = Object.entries(properties).flatMap(([name, [now, before]]) => (now === before ? [] : [name]));
  if (changed.length > 0) throw new Error(`${changed.join(", ")} cannot be changed: it would replace the resource.`);
}
