import {
  CreateServiceCommand,
  CreateTaskSetCommand,
  DeleteServiceCommand,
  DeleteTaskSetCommand,
  DescribeServicesCommand,
  ECSClient,
  UpdateServiceCommand,
  UpdateServicePrimaryTaskSetCommand,
  UpdateTaskSetCommand,
} from "@aws-sdk/client-ecs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { CloudEvent } from "#local/cloud/index.ts";
import {
  ask,
  describeTask,
  groups,
  listTasks,
  loadBalancers,
  logOf,
  networkConfiguration,
  portOf,
  prepareEcs,
  registerDefinition,
  serviceInput,
  serving,
  startEcsCloud,
  targetGroupArn,
  taskSets,
} from "#test/support/ecs.ts";
import { reaches, whenSteady } from "#test/support/ecs-waits.ts";
import type { TestCloud } from "#test/support/local-cloud.ts";
import { taskAddress } from "../../local/services/ecs/targets.ts";

let local: TestCloud;
let client: ECSClient;
let image: string;
let events: CloudEvent[];
const service = { cluster: "main", service: "web" };

beforeEach(async () => {
  Object.assign(groups.control, { isInUse: true, drainMs: 0, unhealthyAfterMs: 1000 });
  local = await startEcsCloud();
  client = local.client(ECSClient);
  events = [];
  local.cloud.onEvent((event) => events.push(event));
  image = await prepareEcs(local);
});
afterEach(() => local.stop());

async function createService(more: object = {}, container: object = serving) {
  const definition = await registerDefinition(local, "web", { image, ...container });
  await client.send(new CreateServiceCommand({ ...serviceInput(definition), ...more }));
}

const createTaskSet = async (more: object = {}) => {
  const input = {
    ...service,
    taskDefinition: "web",
    launchType: "FARGATE",
    networkConfiguration,
    loadBalancers,
  } as const;
  const { taskSet } = await client.send(
    new CreateTaskSetCommand({ ...input, scale: { value: 100, unit: "PERCENT" }, ...more }),
  );
  return taskSet?.id ?? "";
};

const describeService = async () => {
  const { services } = await client.send(new DescribeServicesCommand({ cluster: "main", services: ["web"] }));
  return services?.[0] ?? {};
};

const messages = async () => ((await describeService()).events ?? []).map(({ message }) => message);

describe("a service that CodeDeploy deploys", () => {
  it("has a first task set, made by ECS, whose tasks serve on the port they were given", async () => {
    await createService();
    const taskSet = await whenSteady(local);
    expect(taskSet).toMatchObject({
      status: "PRIMARY",
      runningCount: 1,
      computedDesiredCount: 1,
      scale: { value: 100 },
    });
    const [task = {}] = await listTasks(local);
    expect(task).toMatchObject({ group: "service:web", startedBy: taskSet.id, lastStatus: "RUNNING" });
    expect(portOf(task)).not.toBe(3000);
    expect(await ask(task, "/health")).toBe("ok");
    expect(await messages()).toEqual([
      "(service web) has reached a steady state.",
      expect.stringMatching(/^\(service web\) \(taskSet ecs-svc\/\d+\) has started 1 tasks: \(task \w+\)\.$/),
    ]);
    expect(
      events.filter(({ detailType }) => detailType === "ECS Service Action").map(({ detail }) => detail.eventName),
    ).toEqual(["TASKSET_STEADY_STATE", "SERVICE_STEADY_STATE"]);
  });

  it("follows the desired count up and down", async () => {
    await createService();
    await whenSteady(local);
    await client.send(new UpdateServiceCommand({ ...service, desiredCount: 3 }));
    await vi.waitFor(async () => expect(await describeService()).toMatchObject({ runningCount: 3 }), {
      timeout: 10_000,
    });
    await client.send(new UpdateServiceCommand({ ...service, desiredCount: 1 }));
    await vi.waitFor(async () => expect(await listTasks(local)).toHaveLength(1), { timeout: 10_000 });
    await whenSteady(local);
  });

  it("replaces a task that crashed", async () => {
    await createService();
    await whenSteady(local);
    const [task = {}] = await listTasks(local);
    await ask(task, "/crash").catch(() => undefined);
    expect(await reaches(local, task, "STOPPED")).toMatchObject({
      stopCode: "EssentialContainerExited",
      containers: [{ exitCode: 7 }],
    });
    await vi.waitFor(async () => {
      const [next = {}] = await listTasks(local);
      expect(next.taskArn).not.toBe(task.taskArn);
      expect(await ask(next, "/health")).toBe("ok");
    });
  });

  it("replaces a task that its target group finds unhealthy", async () => {
    await createService();
    await whenSteady(local);
    const [task = {}] = await listTasks(local);
    await ask(task, "/unhealthy");
    expect(await reaches(local, task, "STOPPED")).toMatchObject({
      stopCode: "ServiceSchedulerInitiated",
      stoppedReason: `Task failed ELB health checks in (target-group ${targetGroupArn})`,
      containers: [{ exitCode: 0 }],
    });
    await whenSteady(local);
  });

  it("reaches a task only at its own address, not at the loopback address of the task", async () => {
    await createService({}, { ...serving, environment: [{ name: "HOST", value: "127.0.0.1" }] });
    const failed = expect.stringContaining("due to (reason Health checks failed)");
    await vi.waitFor(async () => expect(await messages()).toContainEqual(failed), { timeout: 10_000 });
  });

  it("waits longer each time when tasks do not come up", async () => {
    await createService({}, { ...serving, command: ["exit", "1"] });
    const failed = async () => (await messages()).filter((message) => message?.includes("has started"));
    await vi.waitFor(async () => expect(await failed()).toHaveLength(2), { timeout: 10_000 });
    // The third one starts 10 s after the second.
    await new Promise((resolve) => local.cloud.clock.afterLimit(1.5, () => resolve(undefined)));
    expect(await failed()).toHaveLength(2);
  });

  it("drains the load balancer before a task gets SIGTERM", async () => {
    await createService({ desiredCount: 2 });
    await whenSteady(local);
    groups.control.drainMs = 1000;
    await client.send(new UpdateServiceCommand({ ...service, desiredCount: 1 }));
    const going = await vi.waitFor(async () => {
      const tasks = await Promise.all((await taskArns()).map((taskArn) => describeTask(local, { taskArn })));
      const stopped = tasks.find(({ desiredStatus }) => desiredStatus === "STOPPED");
      expect(stopped).toMatchObject({ lastStatus: "DEACTIVATING" });
      return stopped ?? {};
    });
    expect(await ask(going, "/health")).toBe("ok");
    expect(await logOf(local, going)).toEqual(["listening"]);
    const stopped = await reaches(local, going, "STOPPED");
    expect(await logOf(local, stopped)).toEqual(["listening", "asked to stop"]);
    expect((stopped.executionStoppedAt?.getTime() ?? 0) - (stopped.stoppingAt?.getTime() ?? 0)).toBeGreaterThan(900);
  });

  it("is gone once its tasks are", async () => {
    await createService();
    await whenSteady(local);
    const [task = {}] = await listTasks(local);
    await expect(client.send(new DeleteServiceCommand(service))).rejects.toMatchObject({
      name: "InvalidParameterException",
    });
    await client.send(new DeleteServiceCommand({ ...service, force: true }));
    expect(await describeService()).toMatchObject({ status: "DRAINING" });
    await reaches(local, task, "STOPPED");
    await vi.waitFor(async () => expect(await describeService()).toMatchObject({ status: "INACTIVE", taskSets: [] }));
    await expect(fetch(`http://${taskAddress}:${portOf(task)}/`)).rejects.toThrow("fetch failed");
  });

  it("takes no release by UpdateService", async () => {
    await createService();
    await expect(client.send(new UpdateServiceCommand({ ...service, taskDefinition: "web" }))).rejects.toMatchObject({
      name: "InvalidParameterException",
      message:
        "Unable to update task definition on services with a CODE_DEPLOY deployment controller. Use AWS CodeDeploy to trigger a new deployment.",
    });
  });
});

const taskArns = () =>
  Promise.resolve([
    ...new Set(
      events
        .filter(({ detailType }) => detailType === "ECS Task State Change")
        .map(({ resources }) => resources[0] ?? ""),
    ),
  ]);

describe("a second task set", () => {
  it("comes up beside the first, becomes the primary, and the first goes", async () => {
    await createService();
    const blue = await whenSteady(local);
    const [old = {}] = await listTasks(local);
    const green = await createTaskSet();
    expect(await whenSteady(local, green)).toMatchObject({
      status: "ACTIVE",
      runningCount: 1,
      startedBy: "CODE_DEPLOY",
    });
    await client.send(new UpdateServicePrimaryTaskSetCommand({ ...service, primaryTaskSet: green }));
    expect((await taskSets(local)).map(({ id, status }) => [id, status])).toEqual(
      expect.arrayContaining([
        [green, "PRIMARY"],
        [blue.id, "ACTIVE"],
      ]),
    );
    const { taskSet } = await client.send(new DeleteTaskSetCommand({ ...service, taskSet: blue.id, force: true }));
    expect(taskSet).toMatchObject({ status: "DRAINING" });
    await reaches(local, old, "STOPPED");
    await vi.waitFor(async () => expect(await taskSets(local)).toMatchObject([{ id: green }]));
    expect(await listTasks(local)).toHaveLength(1);
  });

  it("scales by percent of the service, rounded up", async () => {
    await createService({ desiredCount: 3 });
    const green = await createTaskSet({ scale: { value: 50, unit: "PERCENT" } });
    expect(await whenSteady(local, green)).toMatchObject({ computedDesiredCount: 2, runningCount: 2 });
    await client.send(new UpdateTaskSetCommand({ ...service, taskSet: green, scale: { value: 0, unit: "PERCENT" } }));
    expect(await whenSteady(local, green)).toMatchObject({ computedDesiredCount: 0, runningCount: 0 });
  });

  it("is steady while no listener uses its target group, and unsteady when its tasks become unhealthy", async () => {
    groups.control.isInUse = false;
    await createService({ healthCheckGracePeriodSeconds: 60 }, { ...serving, command: ["wait"] });
    await whenSteady(local);
    Object.assign(groups.control, { isInUse: true, unhealthyAfterMs: 0 });
    await vi.waitFor(async () =>
      expect(await taskSets(local)).toMatchObject([{ stabilityStatus: "STABILIZING", runningCount: 1 }]),
    );
  });

  it("cannot be deleted while it is the primary, nor scaled up without force", async () => {
    await createService();
    const { id } = await whenSteady(local);
    await expect(client.send(new DeleteTaskSetCommand({ ...service, taskSet: id, force: true }))).rejects.toMatchObject(
      {
        name: "InvalidParameterException",
      },
    );
    const green = await createTaskSet();
    await expect(client.send(new DeleteTaskSetCommand({ ...service, taskSet: green }))).rejects.toMatchObject({
      name: "InvalidParameterException",
    });
    await expect(client.send(new DeleteTaskSetCommand({ ...service, taskSet: "ecs-svc/1" }))).rejects.toMatchObject({
      name: "TaskSetNotFoundException",
    });
  });
});
