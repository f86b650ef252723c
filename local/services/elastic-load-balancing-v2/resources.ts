import { declareResource, defineResource, type ResourceState, type ServiceSchema } from "#local/cloud/index.ts";
import { z } from "zod";
import type { Deps } from "./deps.ts";
import { changeListener, createListener, deleteListener } from "./operations/listeners.ts";
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
import { reads, type Input } from "./reads.ts";
import type { LoadBalancer, TargetGroup } from "./store.ts";

export const createResources = (deps: Deps, schema: ServiceSchema) => [
  loadBalancerResource(deps, schema),
  targetGroupResource(deps, schema),
  listenerResource(deps),
];

const integer = z.coerce.number().int();
const attributes = z.array(z.strictObject({ Key: z.string(), Value: z.coerce.string() })).optional();
type Attributes = z.infer<typeof attributes>;

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-elasticloadbalancingv2-loadbalancer.html */
const loadBalancerResource = (deps: Deps, schema: ServiceSchema) =>
  declareResource<Input<"createLoadBalancer"> & { LoadBalancerAttributes?: Attributes }, LoadBalancer>({
    type: "AWS::ElasticLoadBalancingV2::LoadBalancer",
    operation: schema.operations.get("CreateLoadBalancer"),
    members: reads.createLoadBalancer,
    properties: {
      Type: z.literal("application").optional(),
      Scheme: z.literal(["internet-facing", "internal"]).optional(),
      IpAddressType: z.literal("ipv4").optional(),
      LoadBalancerAttributes: attributes,
    },
    name: "Name",
    maxLength: 32,
    createOnly: ["Name", "Scheme", "Type"],
    refusesReplacement: true,
    find: (id) => deps.store.loadBalancers.find(({ arn, name }) => id === arn || id === name),
    create: async ({ LoadBalancerAttributes: changes, ...input }) =>
      changeLoadBalancerAttributes(deps, await createLoadBalancer(deps, input), changes),
    update: (loadBalancer, { LoadBalancerAttributes: changes }) =>
      changeLoadBalancerAttributes(deps, loadBalancer, changes),
    delete: ({ arn }) => deleteLoadBalancer(deps, arn),
    state: ({ arn, name, id }) => ({
      physicalId: arn,
      attributes: {
        LoadBalancerArn: arn,
        LoadBalancerName: name,
        LoadBalancerFullName: `app/${name}/${id}`,
        DNSName: "127.0.0.1",
        CanonicalHostedZoneID: "ZLOCAL",
      },
    }),
  });

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-elasticloadbalancingv2-targetgroup.html */
const targetGroupResource = (deps: Deps, schema: ServiceSchema) =>
  declareResource<Input<"createTargetGroup"> & { TargetGroupAttributes?: Attributes }, TargetGroup>({
    type: "AWS::ElasticLoadBalancingV2::TargetGroup",
    operation: schema.operations.get("CreateTargetGroup"),
    members: reads.createTargetGroup,
    properties: {
      Port: integer,
      Protocol: z.literal("HTTP"),
      ProtocolVersion: z.literal("HTTP1").optional(),
      TargetType: z.literal("ip"),
      VpcId: z.string(),
      HealthCheckEnabled: z.literal([true, "true"]).optional(),
      HealthCheckProtocol: z.literal("HTTP").optional(),
      Matcher: z.strictObject({ HttpCode: z.coerce.string() }).optional(),
      TargetGroupAttributes: attributes,
    },
    name: "Name",
    maxLength: 32,
    createOnly: ["Name", "Port", "Protocol", "ProtocolVersion", "TargetType", "VpcId"],
    refusesReplacement: true,
    find: (id) => deps.store.targetGroups.find(({ arn, name }) => id === arn || id === name),
    create: ({ TargetGroupAttributes: changes, ...input }) =>
      changeGroupAttributes(deps, createTargetGroup(deps, input), changes),
    update: async ({ arn }, { TargetGroupAttributes: changes, ...input }) =>
      changeGroupAttributes(deps, await modifyTargetGroup(deps, { ...input, TargetGroupArn: arn }), changes),
    delete: ({ arn }) => deleteTargetGroup(deps, arn),
    state: ({ arn, name }) => ({
      physicalId: arn,
      attributes: {
        TargetGroupArn: arn,
        TargetGroupName: name,
        TargetGroupFullName: arn.slice(arn.lastIndexOf(":") + 1),
      },
    }),
  });

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
    createOnly: ["LoadBalancerArn", "Port"],
    refusesReplacement: true,
    async create(properties) {
      const { LoadBalancerArn: loadBalancerArn, Port: port } = properties;
      // Created by a start that was interrupted before it was recorded.
      const existing = store.listenersOf(loadBalancerArn).find((listener) => listener.port === port);
      if (existing) return stateOf((await changeListener(deps, existing, { actions: properties.DefaultActions })).arn);
      return stateOf((await createListener(deps, properties)).arn);
    },
    async update({ physicalId: arn }, { DefaultActions }) {
      const listener = store.listeners.get(arn);
      if (!listener) throw new Error(`Listener ${arn} does not exist: it was deleted outside the stack.`);
      // as AWS: this overwrites a traffic shift since the stack was last deployed.
      return stateOf((await changeListener(deps, listener, { actions: DefaultActions })).arn);
    },
    async delete({ physicalId: arn }) {
      if (store.listeners.get(arn)) await deleteListener(deps, arn);
    },
  });
}
