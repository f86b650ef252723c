import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  DeregisterTargetsCommand,
  DescribeListenersCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  ModifyListenerCommand,
  RegisterTargetsCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { createServer, type Server } from "node:http";
import { afterEach, expect, test, vi } from "vitest";
import { elasticLoadBalancingV2 } from "#local/services/elastic-load-balancing-v2/index.ts";
import { startTestCloud } from "#test/support/local-cloud.ts";

test("x", async () => {
  const cloud = await startTestCloud({ services: [elasticLoadBalancingV2], speed: 20 });
  const elb = cloud.client(ElasticLoadBalancingV2Client);
  const { LoadBalancers: [lb] = [] } = await elb.send(new CreateLoadBalancerCommand({ Name: "web", Subnets: ["a", "b"] }));
  const { TargetGroups: [tg] = [] } = await elb.send(new CreateTargetGroupCommand({ Name: "blue", Port: 3000, Protocol: "HTTP", TargetType: "ip", VpcId: "vpc" }));
  const { Listeners: [listener] = [] } = await elb.send(new CreateListenerCommand({ LoadBalancerArn: lb?.LoadBalancerArn, Port: 80, Protocol: "HTTP", DefaultActions: [{ Type: "forward", TargetGroupArn: tg?.TargetGroupArn }] }));
  console.log(lb, tg, JSON.stringify(listener));
  const server = createServer((q, r) => r.end(JSON.stringify(q.headers)));
  await new Promise<void>((r) => server.listen(0, "127.0.0.1", r));
  const port = (server.address() as { port: number }).port;
  await elb.send(new RegisterTargetsCommand({ TargetGroupArn: tg?.TargetGroupArn, Targets: [{ Id: "127.0.0.1", Port: port }] }));
  const health = async () => (await elb.send(new DescribeTargetHealthCommand({ TargetGroupArn: tg?.TargetGroupArn }))).TargetHealthDescriptions;
  await vi.waitFor(async () => expect((await health())?.[0]?.TargetHealth?.State).toBe("healthy"), { timeout: 5000 });
  const answer = await fetch(`http://127.0.0.1:${listener?.Port}/a?b=c`);
  console.log(answer.status, answer.headers, await answer.json());
  await elb.send(new DeregisterTargetsCommand({ TargetGroupArn: tg?.TargetGroupArn, Targets: [{ Id: "127.0.0.1", Port: port }] }));
  console.log(JSON.stringify(await health()));
  server.close();
  server.closeAllConnections();
  await cloud.stop();
});
