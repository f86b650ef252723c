import {
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  type ElasticLoadBalancingV2Client,
  type Listener,
  type TargetHealthDescription,
} from "@aws-sdk/client-elastic-load-balancing-v2";

/** The listener that users reach, or the one on which green is probed before. */
export interface ListenerName extends Listeners {
  readonly listener: "production" | "test";
}

interface Listeners {
  readonly LOAD_BALANCER_ARN: string;
  readonly TEST_LISTENER_ARN: string;
}

/** Why requests to a listener would fail now. */
export interface TargetProblem {
  readonly observed: string;
  /** A health check has failed; otherwise the targets are missing, starting or stopping. */
  readonly isUnhealthy: boolean;
}

export interface HealthCheck {
  readonly url: URL;
  /** Status codes of a healthy response, as in `200,204` or `200-399`. */
  readonly accept: string;
}

/**
 * The health check of the release behind a listener. Address, path and status codes are read from the load balancer, never from input:
 * the latter two are those of the target group, which each release sets to its own.
 */
export async function readHealthCheck(
  loadBalancing: ElasticLoadBalancingV2Client,
  name: ListenerName,
): Promise<HealthCheck> {
  const listener = await findListener(loadBalancing, name);
  const { LoadBalancers = [] } = await loadBalancing.send(
    new DescribeLoadBalancersCommand({ LoadBalancerArns: [name.LOAD_BALANCER_ARN] }),
  );
  const [busiest] = trafficOf(listener).toSorted((a, b) => b.weight - a.weight);
  const TargetGroupArns = busiest ? [busiest.group] : [];
  const { TargetGroups = [] } = await loadBalancing.send(new DescribeTargetGroupsCommand({ TargetGroupArns }));
  const host = LoadBalancers[0]?.DNSName;
  const { HealthCheckPath: path, Matcher: { HttpCode: accept = "200" } = {} } = TargetGroups[0] ?? {};
  if (!host || !listener.Port || !busiest || !path)
    throw new Error(`The ${name.listener} listener of ${name.LOAD_BALANCER_ARN} has no address or no target group`);
  return {
    url: new URL(path, `${listener.Protocol === "HTTPS" ? "https" : "http"}://${host}:${listener.Port}`),
    accept,
  };
}

/** A target group that gets requests from the listener and has no healthy target, or (`all`) any other target. */
export async function findTargetProblem(
  loadBalancing: ElasticLoadBalancingV2Client,
  name: ListenerName,
  { all = false } = {},
): Promise<TargetProblem | undefined> {
  for (const { group: arn } of trafficOf(await findListener(loadBalancing, name))) {
    const { TargetHealthDescriptions = [] } = await loadBalancing.send(
      new DescribeTargetHealthCommand({ TargetGroupArn: arn }),
    );
    const targets = TargetHealthDescriptions.filter(({ TargetHealth }) => TargetHealth?.State !== "draining");
    const others = targets.filter(({ TargetHealth }) => TargetHealth?.State !== "healthy");
    if (targets.length > 0 && (all ? others.length === 0 : others.length < targets.length)) continue;
    return describeProblem(arn, others);
  }
  return undefined;
}

function describeProblem(arn: string, others: readonly TargetHealthDescription[]): TargetProblem {
  const name = arn.split("/").at(-2) ?? arn;
  const reasons = [...new Set(others.map(describeTarget))];
  return {
    observed: `Target group ${name} ${reasons.length > 0 ? `has a target that is ${reasons.join(", one that is ")}` : "has no targets"}`,
    isUnhealthy: others.some(({ TargetHealth }) => TargetHealth?.State === "unhealthy"),
  };
}

function describeTarget({ TargetHealth }: TargetHealthDescription): string {
  const { State = "unknown", Reason, Description } = TargetHealth ?? {};
  const reason = [Reason, Description].filter(Boolean).join(": ");
  return reason === "" ? State : `${State} (${reason})`;
}

/** The production listener is found, not known: a stage that gets a certificate gets another one, and the former redirects to it. */
export async function findListener(
  loadBalancing: ElasticLoadBalancingV2Client,
  { LOAD_BALANCER_ARN: LoadBalancerArn, TEST_LISTENER_ARN: test, listener }: ListenerName,
): Promise<Listener> {
  const { Listeners = [] } = await loadBalancing.send(new DescribeListenersCommand({ LoadBalancerArn }));
  const forwarding = Listeners.filter(({ DefaultActions }) => DefaultActions?.[0]?.Type === "forward");
  const open = forwarding.find(({ ListenerArn }) => (ListenerArn === test) === (listener === "test"));
  if (open) return open;
  throw new Error(`Load balancer ${LoadBalancerArn} has no ${listener} listener. Fix: deploy the service stack again`);
}

/** The target groups that get requests from a listener. */
export function trafficOf({ DefaultActions = [] }: Listener): { group: string; weight: number }[] {
  const groups = DefaultActions.flatMap(
    ({ TargetGroupArn, ForwardConfig }) => ForwardConfig?.TargetGroups ?? [{ TargetGroupArn, Weight: 1 }],
  );
  return groups.flatMap(({ TargetGroupArn: group, Weight: weight = 1 }) =>
    group !== undefined && weight > 0 ? [{ group, weight }] : [],
  );
}
