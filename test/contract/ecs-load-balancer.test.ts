import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  DescribeListenersCommand,
  ElasticLoadBalancingV2Client,
  ModifyListenerCommand,
  ModifyTargetGroupAttributesCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import {
  CreateServiceCommand,
  CreateTaskSetCommand,
  DeleteTaskSetCommand,
  ECSClient,
  UpdateServicePrimaryTaskSetCommand,
} from "@aws-sdk/client-ecs";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { elasticLoadBalancingV2 } from "#local/services/elastic-load-balancing-v2/index.ts";
import {
  listTasks,
  networkConfiguration,
  prepareEcs,
  registerDefinition,
  serviceInput,
  serving,
  startEcsCloud,
  taskSets,
} from "#test/support/ecs.ts";
import { whenSteady } from "#test/support/ecs-waits.ts";
import type { TestCloud } from "#test/support/local-cloud.ts";
import { taskAddress } from "../../local/services/ecs/targets.ts";

let local: TestCloud;
let balancing: ElasticLoadBalancingV2Client;
let image: string;

beforeEach(async () => {
  local = await startEcsCloud({ balancing: elasticLoadBalancingV2, speed: 20 });
  balancing = local.client(ElasticLoadBalancingV2Client);
  image = await prepareEcs(local);
});
afterEach(() => local.stop());

async function createTargetGroup(name: string): Promise<string> {
  const { TargetGroups } = await balancing.send(
    new CreateTargetGroupCommand({
      Name: name,
      TargetType: "ip",
      Protocol: "HTTP",
      Port: 3000,
      VpcId: "vpc-1",
      HealthCheckPath: "/health",
      HealthCheckIntervalSeconds: 10,
      HealthCheckTimeoutSeconds: 5,
      HealthyThresholdCount: 2,
      UnhealthyThresholdCount: 2,
    }),
  );
  const arn = TargetGroups?.[0]?.TargetGroupArn ?? "";
  const Attributes = [{ Key: "deregistration_delay.timeout_seconds", Value: "10" }];
  await balancing.send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn: arn, Attributes }));
  return arn;
}

const forward = (TargetGroupArn: string) => [{ Type: "forward" as const, TargetGroupArn }];

/** Production and test listener, as CodeDeploy wants them. */
async function createListeners(targetGroupArn: string): Promise<{ production: string; test: string }> {
  const { LoadBalancers } = await balancing.send(
    new CreateLoadBalancerCommand({ Name: "web", Subnets: ["subnet-1", "subnet-2"], Type: "application" }),
  );
  const listen = async (Port: number) => {
    const of = { LoadBalancerArn: LoadBalancers?.[0]?.LoadBalancerArn, Protocol: "HTTP", Port } as const;
    const { Listeners } = await balancing.send(
      new CreateListenerCommand({ ...of, DefaultActions: forward(targetGroupArn) }),
    );
    return Listeners?.[0]?.ListenerArn ?? "";
  };
  return { production: await listen(80), test: await listen(9000) };
}

async function urlOf(listener: string): Promise<string> {
  const { Listeners } = await balancing.send(new DescribeListenersCommand({ ListenerArns: [listener] }));
  return `http://127.0.0.1:${Listeners?.[0]?.Port}`;
}

const point = (ListenerArn: string, targetGroupArn: string) =>
  balancing.send(new ModifyListenerCommand({ ListenerArn, DefaultActions: forward(targetGroupArn) }));

/** People who ask without a pause: who served them, and what they did not get. */
function startUsers(url: string) {
  const served = new Set<string>();
  const lost: unknown[] = [];
  const over = new AbortController();
  const user = async () => {
    while (!over.signal.aborted) {
      try {
        const response = await fetch(url);
        const text = await response.text();
        if (response.status === 200) served.add(text);
        else lost.push(response.status);
      } catch (error) {
        lost.push(error);
      }
    }
  };
  const users = Array.from({ length: 4 }, user);
  const end = async () => {
    over.abort();
    await Promise.all(users);
  };
  return { served, lost, end };
}

const loadBalancersFor = (targetGroupArn: string) => [{ targetGroupArn, containerName: "app", containerPort: 3000 }];

it("loses no request while a green task set takes over and the blue one goes", async () => {
  const [blue, green] = [await createTargetGroup("blue"), await createTargetGroup("green")];
  const listeners = await createListeners(blue);
  const definition = await registerDefinition(local, "web", { image, ...serving });
  const client = local.client(ECSClient);
  await client.send(new CreateServiceCommand({ ...serviceInput(definition), loadBalancers: loadBalancersFor(blue) }));
  const { id: blueSet } = await whenSteady(local);
  const users = startUsers(`${await urlOf(listeners.production)}/pid`);

  const of = { cluster: "main", service: "web" };
  const { taskSet } = await client.send(
    new CreateTaskSetCommand({
      ...of,
      taskDefinition: definition,
      launchType: "FARGATE",
      networkConfiguration,
      loadBalancers: loadBalancersFor(green),
      scale: { value: 100, unit: "PERCENT" },
    }),
  );
  // No listener uses its target group yet, and still it is steady.
  await whenSteady(local, taskSet?.id);
  await point(listeners.test, green);
  const test = await urlOf(listeners.test);
  await vi.waitFor(async () => expect((await fetch(`${test}/health`)).status).toBe(200), { timeout: 10_000 });
  await point(listeners.production, green);
  await vi.waitFor(() => expect(users.served.size).toBe(2), { timeout: 10_000 });
  await client.send(new UpdateServicePrimaryTaskSetCommand({ ...of, primaryTaskSet: taskSet?.id }));
  await client.send(new DeleteTaskSetCommand({ ...of, taskSet: blueSet, force: true }));
  await vi.waitFor(async () => expect(await taskSets(local)).toHaveLength(1), { timeout: 10_000 });
  expect(await listTasks(local)).toHaveLength(1);
  await users.end();
  expect(users.lost).toEqual([]);
});

it("replaces a task that fails the load balancer's checks", async () => {
  const group = await createTargetGroup("blue");
  await createListeners(group);
  const definition = await registerDefinition(local, "web", { image, ...serving });
  await local
    .client(ECSClient)
    .send(new CreateServiceCommand({ ...serviceInput(definition), loadBalancers: loadBalancersFor(group) }));
  await whenSteady(local);
  const [task = {}] = await listTasks(local);
  await fetch(`http://${taskAddress}:${task.containers?.[0]?.networkBindings?.[0]?.hostPort}/unhealthy`);
  await vi.waitFor(
    async () => {
      const tasks = await listTasks(local);
      expect(tasks).toMatchObject([{ lastStatus: "RUNNING" }]);
      expect(tasks[0]?.taskArn).not.toBe(task.taskArn);
    },
    { timeout: 10_000 },
  );
  await whenSteady(local);
});
