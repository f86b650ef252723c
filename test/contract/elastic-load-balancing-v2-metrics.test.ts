import { CloudWatchClient, GetMetricDataCommand, ListMetricsCommand, type Dimension } from "@aws-sdk/client-cloudwatch";
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  ElasticLoadBalancingV2Client,
  RegisterTargetsCommand,
  waitUntilTargetInService,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { cloudwatch } from "#local/services/cloudwatch/index.ts";
import { elasticLoadBalancingV2 } from "#local/services/elastic-load-balancing-v2/index.ts";
import { startTestCloud, type TestCloud } from "#test/support/local-cloud.ts";

let local: TestCloud;
let client: CloudWatchClient;
let app: Server;
let url: string;
let loadBalancer: Dimension;
let targetGroup: Dimension;

/** A load balancer with one target, which fails for /broken and closes the connection for /closed. */
beforeAll(async () => {
  app = createServer((request, response) => {
    if (request.url === "/closed") return void request.socket.destroy();
    response.statusCode = request.url === "/broken" ? 500 : 200;
    return void response.end();
  }).listen(0, "127.0.0.1");
  local = await startTestCloud({ services: [cloudwatch, elasticLoadBalancingV2], speed: 60 });
  client = local.client(CloudWatchClient);
  const elb = local.client(ElasticLoadBalancingV2Client);
  const { LoadBalancers } = await elb.send(new CreateLoadBalancerCommand({ Name: "shop", Subnets: ["a", "b"] }));
  const LoadBalancerArn = LoadBalancers?.[0]?.LoadBalancerArn ?? "";
  const group = { Name: "shop-blue", Port: 3000, Protocol: "HTTP", TargetType: "ip", VpcId: "vpc-1" } as const;
  const { TargetGroups } = await elb.send(new CreateTargetGroupCommand({ ...group, HealthCheckIntervalSeconds: 10 }));
  const TargetGroupArn = TargetGroups?.[0]?.TargetGroupArn ?? "";
  const DefaultActions = [{ Type: "forward", TargetGroupArn } as const];
  const { Listeners } = await elb.send(
    new CreateListenerCommand({ LoadBalancerArn, Port: 80, Protocol: "HTTP", DefaultActions }),
  );
  const { port } = app.address() as AddressInfo; // a server on TCP has one
  await elb.send(new RegisterTargetsCommand({ TargetGroupArn, Targets: [{ Id: "127.0.0.1", Port: port }] }));
  url = `http://127.0.0.1:${Listeners?.[0]?.Port}`;
  loadBalancer = { Name: "LoadBalancer", Value: LoadBalancerArn.split(":loadbalancer/")[1] };
  targetGroup = { Name: "TargetGroup", Value: TargetGroupArn.split(":").at(-1) };
  // Without a request, which would count as a 503.
  await waitUntilTargetInService({ client: elb, maxWaitTime: 20, minDelay: 1, maxDelay: 1 }, { TargetGroupArn });
});
afterAll(async () => {
  await local.stop();
  app.close();
});

async function total(MetricName: string, Dimensions: Dimension[], Stat = "Sum"): Promise<number> {
  const now = Date.now();
  const Metric = { Namespace: "AWS/ApplicationELB", MetricName, Dimensions };
  const { MetricDataResults = [] } = await client.send(
    new GetMetricDataCommand({
      StartTime: new Date(now - 60_000),
      EndTime: new Date(now + 60_000),
      MetricDataQueries: [{ Id: "m1", MetricStat: { Metric, Period: 60, Stat } }],
    }),
  );
  return (MetricDataResults[0]?.Values ?? []).reduce((sum, value) => sum + value, 0);
}

it("publishes its metrics with AWS's names and dimensions", async () => {
  const group = [targetGroup, loadBalancer];
  for (let turn = 0; turn < 10; turn += 1) await fetch(url);
  for (let turn = 0; turn < 5; turn += 1) await fetch(`${url}/broken`);
  expect((await fetch(`${url}/closed`)).status).toBe(502);
  await vi.waitFor(async () => expect(await total("HTTPCode_Target_5XX_Count", group)).toBe(5), { timeout: 5000 });
  const requests = await total("RequestCount", group);
  expect(requests).toBeGreaterThanOrEqual(16);
  expect(await total("RequestCount", [loadBalancer])).toBeGreaterThanOrEqual(requests);
  expect(await total("HTTPCode_Target_5XX_Count", [loadBalancer])).toBe(5);
  expect(await total("HTTPCode_ELB_5XX_Count", [loadBalancer])).toBe(1);
  expect(await total("HTTPCode_ELB_502_Count", [loadBalancer])).toBe(1);
  expect(await total("TargetResponseTime", group, "SampleCount")).toBe(requests - 1);
  expect(await total("TargetResponseTime", group, "p95")).toBeGreaterThan(0);
  expect(await total("HealthyHostCount", group, "Maximum")).toBeGreaterThanOrEqual(1);
});

it("has no data point for a count of zero, except for unhealthy targets", async () => {
  const { Metrics = [] } = await client.send(new ListMetricsCommand({ Namespace: "AWS/ApplicationELB" }));
  const names = new Set(Metrics.map(({ MetricName }) => MetricName));
  expect(names).not.toContain("HTTPCode_Target_4XX_Count");
  expect(names).not.toContain("HTTPCode_ELB_503_Count");
  expect(names).toContain("UnHealthyHostCount");
});
