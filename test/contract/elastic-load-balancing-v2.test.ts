import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  DeleteListenerCommand,
  DeleteLoadBalancerCommand,
  DeleteTargetGroupCommand,
  DeregisterTargetsCommand,
  DescribeListenersCommand,
  DescribeLoadBalancerAttributesCommand,
  DescribeLoadBalancersCommand,
  DescribeRulesCommand,
  DescribeTagsCommand,
  DescribeTargetGroupAttributesCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  ModifyListenerCommand,
  ModifyLoadBalancerAttributesCommand,
  ModifyRuleCommand,
  ModifyTargetGroupAttributesCommand,
  ModifyTargetGroupCommand,
  RegisterTargetsCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { elasticLoadBalancingV2 } from "#local/services/elastic-load-balancing-v2/index.ts";
import { startTestCloud, type TestCloud } from "#test/support/local-cloud.ts";

let cloud: TestCloud;
let elb: ElasticLoadBalancingV2Client;
let created = 0;

beforeAll(async () => {
  const allowed = { Effect: "Allow", Action: "elasticloadbalancing:DescribeListeners", Resource: "*" };
  cloud = await startTestCloud({
    services: [elasticLoadBalancingV2],
    speed: 60,
    roles: { reader: { Version: "2012-10-17", Statement: [allowed] } },
  });
  elb = cloud.client(ElasticLoadBalancingV2Client);
});

afterAll(() => cloud.stop());

async function newGroup(settings: { HealthCheckPath?: string } = {}): Promise<string> {
  const Name = `group-${(created += 1)}`;
  const group = { Name, Port: 3000, Protocol: "HTTP", TargetType: "ip", VpcId: "vpc-1", ...settings } as const;
  const { TargetGroups } = await elb.send(
    new CreateTargetGroupCommand({ ...group, HealthCheckIntervalSeconds: 10, HealthCheckTimeoutSeconds: 5 }),
  );
  return TargetGroups?.[0]?.TargetGroupArn ?? "";
}

async function newLoadBalancer(): Promise<string> {
  const Name = `balancer-${(created += 1)}`;
  const input = { Name, Subnets: ["subnet-a", "subnet-b"], Tags: [{ Key: "stage", Value: "test" }] };
  const { LoadBalancers } = await elb.send(new CreateLoadBalancerCommand(input));
  return LoadBalancers?.[0]?.LoadBalancerArn ?? "";
}

async function newListener(LoadBalancerArn: string, TargetGroupArn: string, Port = 80) {
  const DefaultActions = [{ Type: "forward", TargetGroupArn } as const];
  const { Listeners } = await elb.send(
    new CreateListenerCommand({ LoadBalancerArn, Port, Protocol: "HTTP", DefaultActions }),
  );
  return { arn: Listeners?.[0]?.ListenerArn ?? "", port: Listeners?.[0]?.Port ?? 0 };
}

async function newTarget(says: string, status = 200): Promise<number> {
  const server = createServer((_request, response) => response.writeHead(status).end(says));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

const targets = (...ports: number[]) => ports.map((Port) => ({ Id: "127.0.0.1", Port }));

const register = (TargetGroupArn: string, ...ports: number[]) =>
  elb.send(new RegisterTargetsCommand({ TargetGroupArn, Targets: targets(...ports) }));

async function healthOf(TargetGroupArn: string) {
  const { TargetHealthDescriptions = [] } = await elb.send(new DescribeTargetHealthCommand({ TargetGroupArn }));
  return TargetHealthDescriptions.map(({ TargetHealth }) => TargetHealth);
}

const becomes = (groupArn: string, state: string) =>
  vi.waitFor(async () => expect((await healthOf(groupArn))[0]?.State).toBe(state), { timeout: 10_000 });

const ask = async (port: number) => (await fetch(`http://127.0.0.1:${port}/`)).text();

describe("a load balancer", () => {
  test("is described by ARN and by name, with its tags and attributes", async () => {
    const arn = await newLoadBalancer();
    const { LoadBalancers: [found] = [] } = await elb.send(
      new DescribeLoadBalancersCommand({ LoadBalancerArns: [arn] }),
    );
    expect(found).toMatchObject({ DNSName: "127.0.0.1", Type: "application", State: { Code: "active" } });
    const Names = [found?.LoadBalancerName ?? ""];
    const byName = await elb.send(new DescribeLoadBalancersCommand({ Names }));
    expect(byName.LoadBalancers?.[0]?.LoadBalancerArn).toBe(arn);
    const tags = await elb.send(new DescribeTagsCommand({ ResourceArns: [arn] }));
    expect(tags.TagDescriptions?.[0]?.Tags).toEqual([{ Key: "stage", Value: "test" }]);
    const Attributes = [{ Key: "idle_timeout.timeout_seconds", Value: "90" }];
    await elb.send(new ModifyLoadBalancerAttributesCommand({ LoadBalancerArn: arn, Attributes }));
    const described = await elb.send(new DescribeLoadBalancerAttributesCommand({ LoadBalancerArn: arn }));
    expect(described.Attributes).toContainEqual({ Key: "idle_timeout.timeout_seconds", Value: "90" });
  });

  test("that exists is returned again, unless its settings differ", async () => {
    const input = { Name: "same", Subnets: ["a"] };
    const first = await elb.send(new CreateLoadBalancerCommand(input));
    const second = await elb.send(new CreateLoadBalancerCommand(input));
    expect(second.LoadBalancers?.[0]?.LoadBalancerArn).toBe(first.LoadBalancers?.[0]?.LoadBalancerArn);
    const other = elb.send(new CreateLoadBalancerCommand({ ...input, Scheme: "internal" }));
    await expect(other).rejects.toMatchObject({ name: "DuplicateLoadBalancerNameException" });
  });

  test("is listed in pages", async () => {
    for (const Name of ["page-one", "page-two"])
      await elb.send(new CreateLoadBalancerCommand({ Name, Subnets: ["a"] }));
    const first = await elb.send(new DescribeLoadBalancersCommand({ PageSize: 1 }));
    expect(first.LoadBalancers).toHaveLength(1);
    const second = await elb.send(new DescribeLoadBalancersCommand({ PageSize: 1, Marker: first.NextMarker }));
    expect(second.LoadBalancers).toHaveLength(1);
    expect(second.LoadBalancers).not.toEqual(first.LoadBalancers);
    const invalid = elb.send(new DescribeLoadBalancersCommand({ Marker: "2" }));
    await expect(invalid).rejects.toMatchObject({ name: "ValidationError" });
  });

  test("is refused with a member that the local cloud does not support", async () => {
    const input = { Name: "outpost", Subnets: ["a"], CustomerOwnedIpv4Pool: "pool" };
    await expect(elb.send(new CreateLoadBalancerCommand(input))).rejects.toMatchObject({
      name: "ValidationError",
      message: "CustomerOwnedIpv4Pool of CreateLoadBalancer is not supported by the local cloud. Fix: leave it out.",
    });
  });

  test("is deleted with its listeners and releases its port", async () => {
    const LoadBalancerArn = await newLoadBalancer();
    const group = await newGroup();
    const { arn, port } = await newListener(LoadBalancerArn, group, 9100);
    expect((await fetch(`http://127.0.0.1:${port}`)).status).toBe(503);
    await elb.send(new DeleteLoadBalancerCommand({ LoadBalancerArn }));
    await expect(fetch(`http://127.0.0.1:${port}`)).rejects.toThrow("fetch failed");
    const gone = elb.send(new DescribeListenersCommand({ ListenerArns: [arn] }));
    await expect(gone).rejects.toMatchObject({ name: "ListenerNotFoundException" });
    await elb.send(new DeleteTargetGroupCommand({ TargetGroupArn: group }));
  });

  test("with deletion protection is not deleted", async () => {
    const LoadBalancerArn = await newLoadBalancer();
    const protect = (Value: string) =>
      elb.send(
        new ModifyLoadBalancerAttributesCommand({
          LoadBalancerArn,
          Attributes: [{ Key: "deletion_protection.enabled", Value }],
        }),
      );
    await protect("true");
    const deleted = elb.send(new DeleteLoadBalancerCommand({ LoadBalancerArn }));
    await expect(deleted).rejects.toMatchObject({ name: "OperationNotPermittedException" });
    await protect("false");
    await elb.send(new DeleteLoadBalancerCommand({ LoadBalancerArn }));
  });
});

describe("a listener", () => {
  test("has the port in use, which is another one when the requested port is occupied", async () => {
    const [first, second] = [await newLoadBalancer(), await newLoadBalancer()];
    const a = await newListener(first, await newGroup(), 81);
    const b = await newListener(second, await newGroup(), 81);
    expect(a.port).not.toBe(b.port);
    expect(Math.min(a.port, b.port)).toBeGreaterThanOrEqual(1024);
    const { Listeners: [found] = [] } = await elb.send(new DescribeListenersCommand({ LoadBalancerArn: second }));
    expect(found).toMatchObject({ ListenerArn: b.arn, Port: b.port, Protocol: "HTTP" });
  });

  test("shifts traffic by weights, and its default rule shows the same weights", async () => {
    const [blue, green] = [await newGroup(), await newGroup()];
    const { arn, port } = await newListener(await newLoadBalancer(), blue);
    const TargetGroups = [
      { TargetGroupArn: blue, Weight: 75 },
      { TargetGroupArn: green, Weight: 25 },
    ];
    const DefaultActions = [{ Type: "forward", ForwardConfig: { TargetGroups } } as const];
    await elb.send(new ModifyListenerCommand({ ListenerArn: arn, DefaultActions }));
    await register(blue, await newTarget("blue"));
    await register(green, await newTarget("green"));
    await becomes(blue, "healthy");
    await becomes(green, "healthy");
    const answers: string[] = [];
    for (let turn = 0; turn < 40; turn += 1) answers.push(await ask(port));
    expect(answers.filter((each) => each === "green")).toHaveLength(10);

    const { Rules: [rule] = [] } = await elb.send(new DescribeRulesCommand({ ListenerArn: arn }));
    expect(rule).toMatchObject({ IsDefault: true, Actions: [{ ForwardConfig: { TargetGroups } }] });
    const Actions = [{ Type: "forward", TargetGroupArn: green } as const];
    await elb.send(new ModifyRuleCommand({ RuleArn: rule?.RuleArn, Actions }));
    expect(new Set([await ask(port), await ask(port), await ask(port)])).toEqual(new Set(["green"]));
  });

  test("returns a fixed response", async () => {
    const LoadBalancerArn = await newLoadBalancer();
    const FixedResponseConfig = { StatusCode: "404", ContentType: "text/plain", MessageBody: "nothing here" };
    const DefaultActions = [{ Type: "fixed-response", FixedResponseConfig } as const];
    const { Listeners: [listener] = [] } = await elb.send(
      new CreateListenerCommand({ LoadBalancerArn, Port: 9200, Protocol: "HTTP", DefaultActions }),
    );
    expect(await ask(listener?.Port ?? 0)).toBe("nothing here");
    await elb.send(new DeleteListenerCommand({ ListenerArn: listener?.ListenerArn }));
    await expect(ask(listener?.Port ?? 0)).rejects.toThrow("fetch failed");
  });

  test.each([
    ["HTTPS and no certificate", { Protocol: "HTTPS" as const }, "ValidationError"],
    ["a protocol of other load balancers", { Protocol: "TCP" as const }, "ValidationError"],
    ["a group that is not there", { group: "arn:none" }, "TargetGroupNotFoundException"],
    ["a weight above 999", { weight: 1000 }, "ValidationError"],
    ["a port that it has already", { Port: 9300 }, "DuplicateListenerException"],
  ])("is refused with %s", async (_what, change, name) => {
    const settings = { Port: 9301, Protocol: "HTTP" as const, weight: 1, group: undefined, ...change };
    const LoadBalancerArn = await newLoadBalancer();
    const group = await newGroup();
    await newListener(LoadBalancerArn, group, 9300);
    const TargetGroups = [{ TargetGroupArn: settings.group ?? group, Weight: settings.weight }];
    const DefaultActions = [{ Type: "forward", ForwardConfig: { TargetGroups } } as const];
    const { Port, Protocol } = settings;
    const refused = elb.send(new CreateListenerCommand({ LoadBalancerArn, Port, Protocol, DefaultActions }));
    await expect(refused).rejects.toMatchObject({ name });
  });
});

describe("a target group", () => {
  test("serves one load balancer only, and cannot be deleted while it does", async () => {
    const group = await newGroup();
    await newListener(await newLoadBalancer(), group);
    const second = newListener(await newLoadBalancer(), group);
    await expect(second).rejects.toMatchObject({ name: "TargetGroupAssociationLimitException" });
    const deleted = elb.send(new DeleteTargetGroupCommand({ TargetGroupArn: group }));
    await expect(deleted).rejects.toMatchObject({ name: "ResourceInUseException" });
  });

  test("can be modified, but not to invalid settings", async () => {
    const TargetGroupArn = await newGroup();
    const { TargetGroups: [changed] = [] } = await elb.send(
      new ModifyTargetGroupCommand({ TargetGroupArn, HealthCheckPath: "/well", Matcher: { HttpCode: "200-299" } }),
    );
    expect(changed).toMatchObject({ HealthCheckPath: "/well", Matcher: { HttpCode: "200-299" } });
    const bad = elb.send(new ModifyTargetGroupCommand({ TargetGroupArn, HealthCheckTimeoutSeconds: 10 }));
    await expect(bad).rejects.toMatchObject({ name: "ValidationError" });
    const Attributes = [{ Key: "deregistration_delay.timeout_seconds", Value: "30" }];
    await elb.send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn, Attributes }));
    const described = await elb.send(new DescribeTargetGroupAttributesCommand({ TargetGroupArn }));
    expect(described.Attributes).toContainEqual(Attributes[0]);
    const unknown = [{ Key: "stickiness.enabled", Value: "true" }];
    const refused = elb.send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn, Attributes: unknown }));
    await expect(refused).rejects.toMatchObject({ name: "ValidationError" });
  });

  test("is found by name, and a missing one is reported as an error", async () => {
    const arn = await newGroup();
    const Names = [arn.split("/")[1] ?? ""];
    const { TargetGroups } = await elb.send(new DescribeTargetGroupsCommand({ Names }));
    expect(TargetGroups?.[0]?.TargetGroupArn).toBe(arn);
    const none = elb.send(new DescribeTargetGroupsCommand({ Names: ["none"] }));
    await expect(none).rejects.toMatchObject({ name: "TargetGroupNotFoundException" });
  });
});

describe("a target", () => {
  test("is unused, then healthy, then draining, then deregistered", async () => {
    const group = await newGroup();
    const port = await newTarget("here");
    await register(group, port);
    expect(await healthOf(group)).toMatchObject([{ State: "unused", Reason: "Target.NotInUse" }]);
    await elb.send(
      new ModifyTargetGroupAttributesCommand({
        TargetGroupArn: group,
        Attributes: [{ Key: "deregistration_delay.timeout_seconds", Value: "60" }],
      }),
    );
    const { port: listening } = await newListener(await newLoadBalancer(), group);
    await becomes(group, "healthy");
    expect(await ask(listening)).toBe("here");
    await elb.send(new DeregisterTargetsCommand({ TargetGroupArn: group, Targets: targets(port) }));
    expect(await healthOf(group)).toMatchObject([{ State: "draining", Reason: "Target.DeregistrationInProgress" }]);
    expect((await fetch(`http://127.0.0.1:${listening}`)).status).toBe(503);
    await vi.waitFor(async () => expect(await healthOf(group)).toEqual([]), { timeout: 5000 });
  });

  test("has the reason why it is unhealthy, and gets requests when all targets are", async () => {
    const group = await newGroup({ HealthCheckPath: "/health" });
    const { port } = await newListener(await newLoadBalancer(), group);
    await register(group, await newTarget("broken", 500));
    await becomes(group, "unhealthy");
    expect(await healthOf(group)).toMatchObject([
      { Reason: "Target.ResponseCodeMismatch", Description: "Health checks failed with these codes: [500]" },
    ]);
    expect(await ask(port)).toBe("broken");
  });

  test("that is not registered is reported as such; one on another host is refused", async () => {
    const TargetGroupArn = await newGroup();
    const health = await elb.send(new DescribeTargetHealthCommand({ TargetGroupArn, Targets: targets(1234) }));
    expect(health.TargetHealthDescriptions?.[0]?.TargetHealth?.Reason).toBe("Target.NotRegistered");
    const elsewhere = elb.send(new RegisterTargetsCommand({ TargetGroupArn, Targets: [{ Id: "10.0.0.1", Port: 80 }] }));
    await expect(elsewhere).rejects.toMatchObject({ name: "InvalidTargetException" });
  });

  test("can be registered again while it is draining, and then is a new one", async () => {
    const group = await newGroup();
    const { port: listening } = await newListener(await newLoadBalancer(), group);
    const port = await newTarget("again");
    await register(group, port);
    await becomes(group, "healthy");
    await elb.send(new DeregisterTargetsCommand({ TargetGroupArn: group, Targets: targets(port) }));
    await register(group, port);
    await vi.waitFor(async () => expect(await healthOf(group)).toMatchObject([{ State: "healthy" }]));
    expect(await healthOf(group)).toHaveLength(1);
    expect(await ask(listening)).toBe("again");
  });
});

test("a role may do only what its policies allow", async () => {
  const reader = cloud.client(ElasticLoadBalancingV2Client, "reader");
  const group = await newGroup();
  const LoadBalancerArn = await newLoadBalancer();
  const { arn } = await newListener(LoadBalancerArn, group);
  const { Listeners } = await reader.send(new DescribeListenersCommand({ LoadBalancerArn }));
  expect(Listeners).toHaveLength(1);
  const DefaultActions = [{ Type: "forward", TargetGroupArn: group } as const];
  const modified = reader.send(new ModifyListenerCommand({ ListenerArn: arn, DefaultActions }));
  await expect(modified).rejects.toMatchObject({ name: expect.stringMatching(/^AccessDenied/) });
});
