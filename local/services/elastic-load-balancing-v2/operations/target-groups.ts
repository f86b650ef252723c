import type { TargetGroup as Described } from "@aws-sdk/client-elastic-load-balancing-v2";
import { tagRecord } from "#local/cloud/index.ts";
import { attributePairs, initialAttributes, targetGroupAttributes as table, withAttributes } from "../attributes.ts";
import type { Deps } from "../deps.ts";
import { fault, invalid, targetGroupNotFound, unsupported } from "../faults.ts";
import type { Input, Operations } from "../reads.ts";
import type { HealthCheck, TargetGroup } from "../store.ts";
import { findTargetGroup, requireName, requirePort, select } from "./find.ts";

/** as AWS for targets by IP address: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html */
const defaultCheck: HealthCheck = {
  path: "/",
  intervalSeconds: 30,
  timeoutSeconds: 5,
  healthyThreshold: 5,
  unhealthyThreshold: 2,
  matcher: "200",
};

export const targetGroupOperations = (deps: Deps) =>
  ({
    createTargetGroup: (input) => ({ TargetGroups: [describe(deps, createTargetGroup(deps, input))] }),
    async deleteTargetGroup({ TargetGroupArn: arn }) {
      await deleteTargetGroup(deps, arn);
      return {};
    },
    async modifyTargetGroup(input) {
      return { TargetGroups: [describe(deps, await modifyTargetGroup(deps, input))] };
    },
    describeTargetGroups({ LoadBalancerArn: servedBy, TargetGroupArns: arns, Names: names }) {
      if ([servedBy, arns, names].filter((each) => each !== undefined).length > 1)
        throw invalid("Only one of load balancer ARN, target group ARNs and target group names can be specified");
      const groups = select(deps.store.targetGroups.list(), { arns, names }, targetGroupNotFound);
      const served = groups.filter((each) => servedBy === undefined || usersOf(deps, each).includes(servedBy));
      return { TargetGroups: served.map((each) => describe(deps, each)) };
    },
    describeTargetGroupAttributes: ({ TargetGroupArn: arn }) => ({
      Attributes: attributePairs(findTargetGroup(deps, arn).attributes),
    }),
    async modifyTargetGroupAttributes({ TargetGroupArn: arn, Attributes: changes }) {
      const { attributes } = await changeAttributes(deps, findTargetGroup(deps, arn), changes);
      return { Attributes: attributePairs(attributes) };
    },
  }) satisfies Partial<Operations>;

export function createTargetGroup({ cloud, store }: Deps, input: Input<"createTargetGroup">): TargetGroup {
  const { Name: name, Port: port, VpcId: vpcId = "", Protocol: protocol } = input;
  requireName(name, "target group");
  if (protocol === undefined) throw invalid("A protocol must be specified");
  if (protocol !== "HTTP") throw unsupported(`The protocol '${protocol}'`);
  if (input.TargetType !== "ip") throw unsupported(`The target type '${input.TargetType ?? "instance"}'`);
  requirePort(port);
  const healthCheck = readCheck(defaultCheck, input);
  const existing = store.targetGroups.find((each) => each.name === name);
  if (existing) {
    if (existing.port === port && JSON.stringify(existing.healthCheck) === JSON.stringify(healthCheck)) return existing;
    const message = `A target group with the same name '${name}' exists, but with different settings`;
    throw fault("DuplicateTargetGroupNameException", message);
  }
  return store.targetGroups.save({
    arn: cloud.arn("elasticloadbalancing", `targetgroup/${name}/${cloud.ids.hex(16)}`),
    name,
    port,
    vpcId,
    healthCheck,
    attributes: initialAttributes(table),
    tags: tagRecord(input.Tags),
    targets: [],
  });
}

export async function deleteTargetGroup({ store, engine }: Deps, arn: string): Promise<void> {
  const group = store.targetGroups.get(arn);
  if (!group) return;
  if (store.listenersFor(arn).length > 0)
    throw fault("ResourceInUseException", `Target group '${arn}' is currently in use by a listener or a rule`);
  store.targetGroups.delete(arn);
  if (group.servedBy !== undefined) await engine.apply(group.servedBy);
}

export async function modifyTargetGroup(deps: Deps, input: Input<"modifyTargetGroup">): Promise<TargetGroup> {
  const group = findTargetGroup(deps, input.TargetGroupArn);
  return saveAndApply(deps, { ...group, healthCheck: readCheck(group.healthCheck, input) });
}

export const changeAttributes = (
  deps: Deps,
  group: TargetGroup,
  changes: Input<"modifyTargetGroupAttributes">["Attributes"] | undefined,
): Promise<TargetGroup> =>
  saveAndApply(deps, { ...group, attributes: withAttributes(table, group.attributes, changes) });

/** Saves a target group; the load balancer that serves it applies the change. */
export async function saveAndApply({ store, engine }: Deps, group: TargetGroup): Promise<TargetGroup> {
  store.targetGroups.save(group);
  if (group.servedBy !== undefined) await engine.apply(group.servedBy);
  return group;
}

type CheckInput = Omit<Input<"modifyTargetGroup">, "TargetGroupArn">;

function readCheck(current: HealthCheck, input: CheckInput): HealthCheck {
  const { HealthCheckPort: port } = input;
  const check: HealthCheck = {
    path: input.HealthCheckPath ?? current.path,
    intervalSeconds: input.HealthCheckIntervalSeconds ?? current.intervalSeconds,
    timeoutSeconds: input.HealthCheckTimeoutSeconds ?? current.timeoutSeconds,
    healthyThreshold: input.HealthyThresholdCount ?? current.healthyThreshold,
    unhealthyThreshold: input.UnhealthyThresholdCount ?? current.unhealthyThreshold,
    matcher: input.Matcher?.HttpCode ?? current.matcher,
    port: port === undefined ? current.port : port === "traffic-port" ? undefined : Number(port),
  };
  requireValid(check);
  return check;
}

const bounds: readonly { member: keyof HealthCheck; name: string; from: number; to: number }[] = [
  { member: "intervalSeconds", name: "Health check interval", from: 5, to: 300 },
  { member: "timeoutSeconds", name: "Health check timeout", from: 2, to: 120 },
  { member: "healthyThreshold", name: "Healthy threshold count", from: 2, to: 10 },
  { member: "unhealthyThreshold", name: "Unhealthy threshold count", from: 2, to: 10 },
  { member: "port", name: "Health check port", from: 1, to: 65_535 },
];

function requireValid(check: HealthCheck): void {
  for (const { member, name, from, to } of bounds) {
    const value = check[member];
    if (value === undefined || (Number(value) >= from && Number(value) <= to)) continue;
    throw invalid(`${name} must be between ${from} and ${to}, not '${value}'`);
  }
  if (check.timeoutSeconds >= check.intervalSeconds)
    throw invalid("Health check timeout must be smaller than the health check interval");
  if (!/^\/[!-~]*$/.test(check.path) || check.path.length > 1024)
    throw invalid(`The health check path '${check.path}' must begin with '/'`);
  if (!/^[2-4]\d\d(-[2-4]\d\d)?(,[2-4]\d\d(-[2-4]\d\d)?)*$/.test(check.matcher))
    throw invalid(`Health check matcher HTTP code '${check.matcher}' must be within 200-499`);
}

function usersOf({ store }: Deps, { arn }: TargetGroup): string[] {
  return [...new Set(store.listenersFor(arn).map(({ loadBalancerArn }) => loadBalancerArn))];
}

function describe(deps: Deps, group: TargetGroup): Described {
  const { arn, name, port, vpcId, healthCheck } = group;
  return {
    TargetGroupArn: arn,
    TargetGroupName: name,
    Protocol: "HTTP",
    ProtocolVersion: "HTTP1",
    Port: port,
    VpcId: vpcId,
    HealthCheckProtocol: "HTTP",
    HealthCheckPort: healthCheck.port === undefined ? "traffic-port" : String(healthCheck.port),
    HealthCheckEnabled: true,
    HealthCheckIntervalSeconds: healthCheck.intervalSeconds,
    HealthCheckTimeoutSeconds: healthCheck.timeoutSeconds,
    HealthyThresholdCount: healthCheck.healthyThreshold,
    UnhealthyThresholdCount: healthCheck.unhealthyThreshold,
    HealthCheckPath: healthCheck.path,
    Matcher: { HttpCode: healthCheck.matcher },
    LoadBalancerArns: usersOf(deps, group),
    TargetType: "ip",
    IpAddressType: "ipv4",
  };
}
