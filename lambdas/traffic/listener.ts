import {
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  DescribeTargetHealthCommand,
  type ElasticLoadBalancingV2Client,
  type Listener,
  type TargetHealthDescription,
} from "@aws-sdk/client-elastic-load-balancing-v2";

export interface ListenerAddress {
  readonly listenerArn: string;
  readonly path: string;
}

/** Why requests to a listener would fail now. */
export interface TargetProblem {
  readonly observed: string;
  /** A health check has failed; otherwise the targets are missing, starting or stopping. */
  readonly isUnhealthy: boolean;
}

/** The address is read from the load balancer, never from input. */
export async function listenerUrl(
  loadBalancing: ElasticLoadBalancingV2Client,
  { listenerArn, path }: ListenerAddress,
): Promise<URL> {
  const { LoadBalancerArn = "", Port, Protocol } = await describeListener(loadBalancing, listenerArn);
  const { LoadBalancers = [] } = await loadBalancing.send(
    new DescribeLoadBalancersCommand({ LoadBalancerArns: [LoadBalancerArn] }),
  );
  const host = LoadBalancers[0]?.DNSName;
  if (!host || !Port) throw new Error(`Listener ${listenerArn} has no address or port`);
  return new URL(path, `${Protocol === "HTTPS" ? "https" : "http"}://${host}:${Port}`);
}

/** A target group that gets requests from the listener and has no healthy target, or (`all`) any other target. */
export async function findTargetProblem(
  loadBalancing: ElasticLoadBalancingV2Client,
  listenerArn: string,
  { all = false } = {},
): Promise<TargetProblem | undefined> {
  for (const arn of groupsWithTraffic(await describeListener(loadBalancing, listenerArn))) {
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

async function describeListener(loadBalancing: ElasticLoadBalancingV2Client, listenerArn: string): Promise<Listener> {
  const { Listeners = [] } = await loadBalancing.send(new DescribeListenersCommand({ ListenerArns: [listenerArn] }));
  return Listeners[0] ?? {};
}

function groupsWithTraffic({ DefaultActions = [] }: Listener): string[] {
  return DefaultActions.flatMap(({ TargetGroupArn, ForwardConfig }) => {
    const groups = ForwardConfig?.TargetGroups ?? [{ TargetGroupArn }];
    return groups.flatMap((group) =>
      group.TargetGroupArn !== undefined && group.Weight !== 0 ? [group.TargetGroupArn] : [],
    );
  });
}
