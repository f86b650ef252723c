import { ECSClient } from "@aws-sdk/client-ecs";
import { ElasticLoadBalancingV2Client, type TargetHealthStateEnum } from "@aws-sdk/client-elastic-load-balancing-v2";
import { beforeEach, expect, test } from "vitest";
import { deploymentKey, loadRecord } from "../../../../../lambdas/core/record.ts";
import { saveToken } from "../../../../../lambdas/core/waiting.ts";
import { checkTask } from "../../../../../lambdas/events/check-task/check-task.ts";
import type { HttpResponse } from "../../../../../lambdas/traffic/probing.ts";
import { execution, invocation, type MemoryDeps, memoryDeps } from "../../support/deps.ts";
import { scripted } from "../../support/scripted.ts";

const { generation: _, ...pushed } = invocation().input;
const networkInterfaces = [{ privateIpv4Address: "10.0.1.7" }];
const event = { detail: { taskArn: "task/7", taskDefinitionArn: "td:7", containers: [{ networkInterfaces }] } };
let deps: MemoryDeps;
let now = 0;
let requested: string[];
let stopsAt: number;

beforeEach(async () => {
  deps = memoryDeps();
  now = 0;
  requested = [];
  stopsAt = Number.POSITIVE_INFINITY;
  const record = { ...pushed, status: "running", execution, attempt: 0, createdAt: "now", steps: {} };
  await deps.table.put({ ...deploymentKey(pushed.deployment), ...record });
});

/** The states of the task's target, one a second; `undefined` while it is not registered. */
async function run(
  states: (TargetHealthStateEnum | undefined)[],
  get: () => Promise<HttpResponse>,
  tags = [{ key: "lockstep:deployment", value: pushed.deployment }],
) {
  const ecs = scripted(ECSClient, {
    DescribeTaskDefinition: () => ({ tags }),
    DescribeTasks: () => ({ tasks: [{ lastStatus: now / 1000 < stopsAt ? "RUNNING" : "STOPPED" }] }),
    DescribeServices: () => ({
      services: [
        {
          healthCheckGracePeriodSeconds: 20,
          taskSets: [{ taskDefinition: "td:7", loadBalancers: [{ targetGroupArn: "tg:green" }] }],
        },
      ],
    }),
  });
  const loadBalancing = scripted(ElasticLoadBalancingV2Client, {
    DescribeTargetGroups: () => ({ TargetGroups: [{ HealthCheckPath: "/ready", Matcher: { HttpCode: "200-299" } }] }),
    DescribeTargetHealth: () => {
      const State = states[now / 1000];
      const target = { Target: { Id: "10.0.1.7", Port: 8080 }, TargetHealth: { State } };
      const other = { Target: { Id: "10.0.1.8", Port: 8080 }, TargetHealth: { State: "unhealthy" } };
      return { TargetHealthDescriptions: State === undefined ? [other] : [other, target] };
    },
  });
  const clock = { now: () => new Date(now), sleep: async (milliseconds: number) => void (now += milliseconds) };
  const requesting = (url: URL) => {
    requested.push(url.href);
    return get();
  };
  await checkTask({
    ...deps,
    ecs,
    loadBalancing,
    clock,
    get: requesting,
    settings: { CLUSTER_ARN: "c", SERVICE_NAME: "s" },
  })(event);
  return (await loadRecord(deps.table, pushed.deployment))?.greenAnswer;
}

const refused = () => Promise.reject(Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" }));

test("records what an unhealthy task answers to the request of its health check", async () => {
  const redirect = async () => ({ status: 302, location: "/login" });
  expect(await run([undefined, "initial", "unhealthy", "draining"], redirect)).toEqual({
    task: "task/7",
    observed: "GET /ready answered 302 → /login, expected 200-299",
    at: "1970-01-01T00:00:02.000Z",
  });
  expect(requested).toEqual(["http://10.0.1.7:8080/ready"]);
});

test("records the port on which the task refuses connections, until it stops", async () => {
  expect(await run(["initial", "unhealthy", "unhealthy", "draining", "draining"], refused)).toMatchObject({
    refusedPort: 8080,
  });
  expect(now).toBe(3000);
});

test("follows an app that starts slowly until it answers", async () => {
  const answers = [refused, async () => ({ status: 500, body: "no database" })];
  const get = () => (answers.shift() ?? refused)();
  expect(await run(["unhealthy", "unhealthy", "healthy"], get)).toMatchObject({
    observed: "GET /ready answered 500, expected 200-299: no database",
  });
});

const unhealthyFor = (seconds: number) => Array.from({ length: seconds }, () => "unhealthy" as const);

test("wakes the step if the task gives the same wrong answer for a quarter of the time that it may take to start", async () => {
  const shift = { codeDeployDeploymentId: "d-1", attempt: 0 };
  await deps.table.patch(deploymentKey(pushed.deployment), { shift });
  const waiting = { token: "t", step: "Shift traffic", deployment: pushed.deployment, execution, attempt: 0 };
  await saveToken(deps.table, "codedeploy:d-1", waiting);
  const answer = await run(unhealthyFor(20), async () => ({ status: 500, body: `failed at ${now}` }));
  expect(answer).toMatchObject({ lastedSeconds: 5, observed: expect.stringContaining("answered 500") });
  expect(now).toBe(5000);
  expect(deps.machine.answers.get("t")).toMatchObject({ error: "Reobserve" });
});

test.each([
  ["answers 503, as an app does that is not ready", () => ({ status: 503 })],
  ["changes its answer", () => ({ status: now % 4000 < 2000 ? 404 : 500 })],
])("waits for a task that %s", async (_what, response) => {
  expect(await run([...unhealthyFor(19), "healthy"], async () => response())).not.toHaveProperty("lastedSeconds");
  expect(now).toBe(19_000);
});

test.each([
  ["answered", { observed: "GET /ready answered 500" }],
  ["refused the connection", { observed: "refused", refusedPort: 8080 }],
])("keeps what the task that it replaces %s", async (_what, other) => {
  const greenAnswer = { task: "task/6", at: new Date(0).toISOString(), ...other };
  await deps.table.patch(deploymentKey(pushed.deployment), { greenAnswer });
  expect(await run(["unhealthy", "draining"], refused)).toEqual(greenAnswer);
});

test("sends no request to a healthy task", async () => {
  expect(await run(["initial", "healthy"], refused)).toBeUndefined();
  expect({ now, requested }).toEqual({ now: 1000, requested: [] });
});

test("ignores a task that is not of a release", async () => {
  expect(await run(["unhealthy"], refused, [])).toBeUndefined();
});

test("ends when the task has crashed before it was registered", async () => {
  stopsAt = 2;
  await run([], refused);
  expect({ now, requested }).toEqual({ now: 2000, requested: [] });
});

test("ends before the function times out", async () => {
  await run(
    Array.from({ length: 1000 }, () => "initial" as const),
    refused,
  );
  expect(now).toBeLessThan(300_000);
});
