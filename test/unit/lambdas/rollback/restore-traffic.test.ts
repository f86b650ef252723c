import { CodeBuildClient } from "@aws-sdk/client-codebuild";
import { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import { beforeEach, describe, expect, test } from "vitest";
import { step } from "../../../../lambdas/core/step.ts";
import { findWaiting } from "../../../../lambdas/core/waiting.ts";
import { loadRollback, rollbackKey, rollbacks } from "../../../../lambdas/rollback/record.ts";
import { restoreTraffic } from "../../../../lambdas/rollback/restore-traffic.ts";
import { giveLock, type MemoryDeps, memoryDeps } from "../support/deps.ts";
import { scripted } from "../support/scripted.ts";
import { TrafficWorld } from "../support/traffic-world.ts";

const execution = "arn:aws:states:eu-west-1:111122223333:execution:shop-production-rollback:b2-alarm";
const input = {
  rollback: "b2-alarm",
  requestedAt: "2026-01-01T12:00:00Z",
  cause: { kind: "person", by: "arn:ada" },
  generation: 1,
};

let deps: MemoryDeps;
let world: TrafficWorld;
let slept: number;
/** What happens in AWS while the step waits after an action. */
let meanwhile: () => void;

const run = (token: string, attempt = 0) => {
  const sleep = (milliseconds: number) => {
    slept += milliseconds;
    meanwhile();
    return Promise.resolve();
  };
  const loadBalancing = scripted(ElasticLoadBalancingV2Client, {
    DescribeListeners: () => ({
      Listeners: [{ Port: 80, DefaultActions: [{ Type: "forward", TargetGroupArn: "arn:production" }] }],
    }),
    ModifyTargetGroup: () => ({}),
    ModifyTargetGroupAttributes: () => ({}),
  });
  const settings = {
    ...world.deps.settings,
    LOAD_BALANCER_ARN: "arn:lb",
    TEST_LISTENER_ARN: "arn:test",
    MIGRATION_FAMILY: "shop-migrate",
  };
  const clock = { now: () => new Date(Date.UTC(2026, 0, 1, 12, 0, 5)), sleep };
  const clients = { ...world.deps, loadBalancing, codeBuild: scripted(CodeBuildClient, {}) };
  const definition = restoreTraffic({ ...deps, ...clients, clock, settings });
  return step(rollbacks, definition, deps)({ token, execution, attempt, input });
};
const answer = (token: string) => deps.machine.answers.get(token);
const record = () => loadRollback(deps.table, "b2-alarm");

beforeEach(async () => {
  deps = memoryDeps();
  world = new TrafficWorld();
  world.primary = "td:2";
  slept = 0;
  meanwhile = () => {};
  await giveLock(deps, execution, 1);
  await deps.table.put({
    ...rollbackKey("b2-alarm"),
    ...input,
    status: "running",
    execution,
    attempt: 0,
    startedAt: "2026-01-01T12:00:00Z",
    steps: {},
    from: { deployment: "b2", commit: "b".repeat(40), taskDefinitionArn: "td:2" },
    to: { deployment: "a1", commit: "a".repeat(40), taskDefinitionArn: "td:1" },
  });
});

test("redeploys the earlier release and waits for it by token; a heartbeat observes again", async () => {
  await run("token-1");
  expect(world.calls).toEqual(["create d-1 ignoring alarms"]);
  expect(slept).toBeLessThan(20_000);
  expect(await findWaiting(deps.table, { exactly: "codedeploy:d-1" })).toMatchObject([{ token: "token-1" }]);
  expect((await record())?.waitsFor).toContain("CodeDeploy deployment d-1: the earlier release is not healthy yet");
  await run("token-2");
  expect(world.calls).toHaveLength(1);
  expect(answer("token-2")).toBeUndefined();
  world.primary = "td:1";
  await run("token-3");
  expect(answer("token-3")).toEqual({ output: {} });
  expect((await record())?.waitsFor).toBeUndefined();
});

test("observes that traffic was returned before it waits for an event", async () => {
  world.deploy("lockstep b2 attempt 0: commit bbbbbbbb");
  meanwhile = () => {
    world.find("d-1").status = "Stopped";
    world.primary = "td:1";
  };
  await run("token-1");
  expect(world.calls).toEqual(["stop d-1 rollback=true"]);
  expect(answer("token-1")).toEqual({ output: {} });
  expect(slept).toBe(200);
});

describe("of a deployment that failed while it published assets", () => {
  const failed = { kind: "execution", execution: "arn:e", deployment: "b2", status: "FAILED", attempt: 0 };
  const assets = "lockstep a1 assets b2 attempt 0: commit aaaaaaaa";
  beforeEach(async () => {
    world.primary = "td:1";
    const from = { deployment: "b2", commit: "b".repeat(40) };
    await deps.table.patch(rollbackKey("b2-alarm"), { cause: failed, from });
  });

  test("stops the deployment of the live release before it gets traffic", async () => {
    world.deploy(assets);
    meanwhile = () => void (world.find("d-1").status = "Stopped");
    await run("token-1");
    expect(world.calls).toEqual(["stop d-1 rollback=true"]);
    expect(answer("token-1")).toEqual({ output: {} });
  });

  test("leaves the live release as it is once it serves with them", async () => {
    world.deploy(assets).done = ["Install", "AllowTestTraffic", "AfterAllowTestTraffic", "AllowTraffic"];
    await run("token-1");
    expect(world.calls).toEqual([]);
    expect(answer("token-1")).toEqual({ output: {} });
  });
});

test("adopts the redeployment if the response to its creation was lost", async () => {
  world.loseNextAnswer = true;
  await expect(run("token-1")).rejects.toMatchObject({ name: "AwsUnavailable" });
  await run("token-2");
  expect(world.calls).toEqual(["create d-1 ignoring alarms"]);
  expect(await findWaiting(deps.table, { exactly: "codedeploy:d-1" })).toMatchObject([{ token: "token-2" }]);
});

test("stops a redeployment whose tasks crash, once, and fails with their reason", async () => {
  meanwhile = () => void (world.stopped = 3);
  await run("token-1");
  expect(world.calls).toEqual(["create d-1 ignoring alarms", "stop d-1 rollback=true"]);
  expect(answer("token-1")).toBeUndefined();
  world.find("d-1").status = "Stopped";
  await run("token-2");
  expect(answer("token-2")).toMatchObject({
    error: "RollbackFailed",
    cause: expect.stringMatching(/still served by commit bbbbbbbb[^]*DATABASE_URL is not set/),
  });
  expect(world.calls).toHaveLength(2);
});

test("of an aborted execution takes no further action", async () => {
  await deps.machine.fail("token-1", { error: "Aborted", cause: "by ada" });
  await run("token-1");
  expect(world.calls).toEqual([]);
});

test("is repeated by a redrive, with a redeployment of its own", async () => {
  await run("token-1");
  world.find("d-1").status = "Failed";
  await run("token-2");
  expect(answer("token-2")).toMatchObject({ error: "RollbackFailed" });
  await run("token-3", 1);
  expect(world.calls).toEqual(["create d-1 ignoring alarms", "create d-2 ignoring alarms"]);
});
