// A control plane with a load balancer, for tests that kill it: node balancer-control-plane.ts DIRECTORY PORT...
import { setInterval } from "node:timers";
import type { Cloud } from "#local/cloud/index.ts";
import { freePort } from "#local/kernel/index.ts";
import { elasticLoadBalancingV2 } from "#local/services/elastic-load-balancing-v2/index.ts";
import { startTestCloud } from "./local-cloud.ts";

const as = { as: { service: "elastic-load-balancing-v2" } } as const;

export const startBalancerCloud = (directory: string) =>
  startTestCloud({ services: [elasticLoadBalancingV2], directory, speed: 60 });

/** A load balancer whose listener forwards to one target group, as a template would create them. */
export async function createBalancer(
  cloud: Cloud,
  ports: readonly number[],
): Promise<{ port: number; groupArn: string }> {
  const elb = "elastic-load-balancing-v2";
  const { LoadBalancers } = await cloud.call(elb, "createLoadBalancer", { Name: "web", Subnets: ["a"] }, as);
  const group = { Name: "blue", Port: 3000, Protocol: "HTTP", TargetType: "ip", VpcId: "vpc-1" } as const;
  const { TargetGroups } = await cloud.call(elb, "createTargetGroup", group, as);
  const groupArn = TargetGroups?.[0]?.TargetGroupArn ?? "";
  const listener = {
    LoadBalancerArn: LoadBalancers?.[0]?.LoadBalancerArn ?? "",
    Port: await freePort(), // not shared: another test must not bind it while the proxy restarts
    Protocol: "HTTP",
    DefaultActions: [{ Type: "forward", TargetGroupArn: groupArn }],
  } as const;
  const input = { ...listener, DefaultActions: [...listener.DefaultActions] };
  const { Listeners } = await cloud.call(elb, "createListener", input, as);
  const Targets = ports.map((Port) => ({ Id: "127.0.0.1", Port }));
  await cloud.call(elb, "registerTargets", { TargetGroupArn: groupArn, Targets }, as);
  return { port: Listeners?.[0]?.Port ?? 0, groupArn };
}

const [directory, ...ports] = process.argv.slice(2);
if (process.argv[1] === import.meta.filename && directory) {
  const { cloud } = await startBalancerCloud(directory);
  process.stdout.write(`${JSON.stringify(await createBalancer(cloud, ports.map(Number)))}\n`);
  setInterval(() => undefined, 1000);
}
