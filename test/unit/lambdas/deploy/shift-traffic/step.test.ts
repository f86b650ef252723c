import { beforeEach, describe, expect, test } from "vitest";
import { bake } from "../../../../../lambdas/deploy/bake/step.ts";
import { deploymentKey, loadRecord } from "../../../../../lambdas/core/record.ts";
import { deployments } from "../../../../../lambdas/core/journal.ts";
import { step } from "../../../../../lambdas/core/step.ts";
import { findWaiting } from "../../../../../lambdas/core/waiting.ts";
import { shiftTraffic } from "../../../../../lambdas/deploy/shift-traffic/step.ts";
import { execution, giveLock, invocation, type MemoryDeps, memoryDeps } from "../../support/deps.ts";
import { TrafficWorld } from "../../support/traffic-world.ts";

const { generation: _, ...pushed } = invocation().input;
const installed = ["BeforeInstall", "Install", "AllowTestTraffic"];
const shifted = [...installed, "AllowTraffic"];
const baking = [...shifted, "AfterAllowTraffic"];

let deps: MemoryDeps;
let world: TrafficWorld;
let now: Date;
const run = (token: string, attempt = 0) => {
  const observing = { ...world.deps, clock: { now: () => now } };
  return step(deployments, shiftTraffic(observing), deps)(invocation({ token, attempt }));
};
const runBake = (token: string, attempt = 0) =>
  step(deployments, bake(world.deps), deps)(invocation({ token, attempt }));
const answer = (token: string) => deps.machine.answers.get(token);

beforeEach(async () => {
  deps = memoryDeps();
  world = new TrafficWorld();
  now = new Date(Date.UTC(2026, 0, 1, 12, 1));
  await giveLock(deps, execution, 1);
  await deps.table.put({
    ...deploymentKey(pushed.deployment),
    ...pushed,
    status: "running",
    execution,
    attempt: 0,
    createdAt: "2026-01-01T12:00:00Z",
    steps: {},
    image: { uri: "shop@sha256:1", digest: "sha256:1", migrations: [], migrationCount: 0, requiredVariables: [] },
    plan: { pending: [], pendingCount: 0, snapshot: false, migrate: false, secretVariables: [] },
  });
});

describe("shifting traffic", () => {
  test("waits while green starts, and is done when all traffic is on it", async () => {
    await run("token-1");
    expect(await findWaiting(deps.table, { exactly: "codedeploy:d-1" })).toMatchObject([{ token: "token-1" }]);
    world.find("d-1").done = installed;
    await run("token-2");
    expect(answer("token-2")).toBeUndefined();
    world.find("d-1").done = shifted;
    await run("token-3");
    expect(answer("token-3")).toEqual({ output: {} });
    expect(world.calls).toEqual(["create d-1"]);
  });

  test("adopts the deployment if the response to its creation was lost", async () => {
    world.loseNextAnswer = true;
    await expect(run("token-1")).rejects.toMatchObject({ name: "AwsUnavailable" });
    await run("token-2");
    expect(world.calls).toEqual(["create d-1"]);
    const record = await loadRecord(deps.table, pushed.deployment);
    expect(record?.shift).toEqual({ codeDeployDeploymentId: "d-1", attempt: 0 });
  });

  test("ends the bake of an older deployment", async () => {
    world.deploy("lockstep older attempt 0: commit 0").done = baking;
    await run("token-1");
    expect(world.calls).toEqual(["continue d-1 TERMINATION_WAIT"]);
    expect(await findWaiting(deps.table, { exactly: "codedeploy:d-1" })).toMatchObject([{ step: "Shift traffic" }]);
    world.find("d-1").status = "Succeeded";
    await run("token-2");
    expect(world.calls.at(-1)).toBe("create d-2");
  });

  test("waits while an alarm is in state ALARM, and then continues", async () => {
    world.red = ["shop-errors-blue"];
    await run("token-1");
    expect(world.calls).toEqual([]);
    expect(await findWaiting(deps.table, { exactly: "alarms" })).toMatchObject([{ token: "token-1" }]);
    world.red = [];
    await run("token-2");
    expect(world.calls).toEqual(["create d-1"]);
  });

  test("fails if an alarm stays in state ALARM, and reports how to continue", async () => {
    world.red = ["shop-errors-blue"];
    await run("token-1");
    now = new Date(now.getTime() + 16 * 60_000);
    await run("token-2");
    expect(answer("token-2")).toMatchObject({ error: "AlarmRaised" });
    expect(answer("token-2")).toMatchObject({
      cause: expect.stringMatching(/shop-errors-blue[^]*Lockstep-Allow: alarm/),
    });
    expect(world.calls).toEqual([]);
  });

  test("ignores alarms if the commit allows it", async () => {
    world.red = ["shop-errors-blue"];
    await deps.table.patch(deploymentKey(pushed.deployment), { allows: ["alarm"] });
    await run("token-1");
    expect(world.calls).toEqual(["create d-1 ignoring alarms"]);
  });

  test("continues at once if the older deployment ended before the token was saved", async () => {
    const older = world.deploy("lockstep older attempt 0: commit 0");
    older.done = baking;
    world.onContinue = () => void (older.status = "Succeeded");
    await run("token-1");
    expect(answer("token-1")).toMatchObject({ error: "Reobserve" });
    expect(await deps.table.query("waiting")).toEqual([]);
  });

  test("fails if an older deployment that it cannot end does not end within an hour, and names it", async () => {
    world.deploy("started by hand").done = installed;
    await run("token-1");
    expect(answer("token-1")).toBeUndefined();
    expect((await loadRecord(deps.table, pushed.deployment))?.waitsFor).toContain(
      "CodeDeploy deployment d-1 has to end",
    );
    now = new Date(now.getTime() + 3_600_000);
    await run("token-2");
    expect(answer("token-2")).toMatchObject({ error: "ShiftFailed", cause: expect.stringContaining("d-1") });
    expect(world.calls).toEqual([]);
  });

  test("does not end an older deployment that is shifting traffic", async () => {
    world.deploy("made by hand").done = shifted;
    await run("token-1");
    expect(world.calls).toEqual([]);
  });

  test.each([
    [
      "its tasks keep crashing",
      { stopped: 3, seconds: 60, done: [] },
      /3 tasks of the new release stopped.*exited with code 1/,
    ],
    ["its hook never reports", { stopped: 0, seconds: 1021, done: installed }, /did not report.*shop-probe-green/],
    ["it is not up in time", { stopped: 0, seconds: 601, done: [] }, /not healthy within 600 seconds/],
  ])("gives green up when %s", async (_name, { stopped, seconds, done }, reason) => {
    await run("token-1");
    world.find("d-1").done = done;
    world.stopped = stopped;
    now = new Date(Date.UTC(2026, 0, 1, 12, 0, seconds));
    await run("token-2");
    expect(world.calls).toEqual(["create d-1", "stop d-1 rollback=true"]);
    expect(answer("token-2")).toBeUndefined();
    world.find("d-1").status = "Stopped";
    await run("token-3");
    expect(answer("token-3")).toMatchObject({ error: "ShiftFailed", cause: expect.stringMatching(reason) });
  });

  test("aborts when tasks of green crash after they had started", async () => {
    await run("token-1");
    world.stopped = 3;
    world.find("d-1").done = installed;
    await run("token-2");
    expect(world.calls).toEqual(["create d-1", "stop d-1 rollback=true"]);
  });

  test.each([
    ["before the test listener forwards to it", []],
    ["while the hook waits for it", installed],
  ])(
    "aborts when ECS stopped an unhealthy task of green %s, with the reason of the health check",
    async (_when, done) => {
      await run("token-1");
      world.find("d-1").done = done;
      const greenProbe = { ok: false, observed: "a target is unhealthy (Target.Timeout)", at: now.toISOString() };
      await deps.table.patch(deploymentKey(pushed.deployment), { greenProbe });
      Object.assign(world, { stopped: 1, stopCode: "ServiceSchedulerInitiated" });
      const event = (createdAt: Date, code: number) => ({
        createdAt,
        message: `(service shop) is unhealthy in (target-group x) due to (reason Health checks failed with these codes: [${code}])`,
      });
      world.events = [
        { createdAt: now, message: "has stopped 1 running tasks" },
        event(now, 302),
        event(new Date(0), 404),
      ];
      await run("token-2");
      expect(world.calls).toEqual(["create d-1", "stop d-1 rollback=true"]);
      world.find("d-1").status = "Stopped";
      await run("token-3");
      const cause = expect.stringMatching(/codes: \[302\][^]*Target\.Timeout[^]*app\.startSeconds/);
      expect(answer("token-3")).toMatchObject({ error: "ShiftFailed", cause });
    },
  );

  test("aborts when a task of green keeps giving a wrong answer, before ECS stops it", async () => {
    await run("token-1");
    const greenAnswer = { task: "t", observed: "GET /health answered 500", lastedSeconds: 15, at: now.toISOString() };
    await deps.table.patch(deploymentKey(pushed.deployment), { greenAnswer });
    await run("token-2");
    expect(world.calls).toEqual(["create d-1", "stop d-1 rollback=true"]);
    world.find("d-1").status = "Stopped";
    await run("token-3");
    const cause = expect.stringMatching(/^GET \/health answered 500\nFix: [^]*for 15 seconds/);
    expect(answer("token-3")).toMatchObject({ error: "ShiftFailed", cause });
  });

  test("waits as long as the hook reports that it waits", async () => {
    await run("token-1");
    world.find("d-1").done = installed;
    now = new Date(Date.UTC(2026, 0, 1, 12, 0, 1021));
    const at = new Date(now.getTime() - 419_000).toISOString();
    await deps.table.patch(deploymentKey(pushed.deployment), { greenProbe: { ok: false, observed: "starting", at } });
    await run("token-2");
    expect(world.calls).toEqual(["create d-1"]);
    now = new Date(now.getTime() + 1000);
    await run("token-3");
    expect(world.calls).toEqual(["create d-1", "stop d-1 rollback=true"]);
  });

  test("stops an aborted deployment only once", async () => {
    await run("token-1");
    world.stopped = 3;
    await run("token-2");
    await run("token-3");
    expect(world.calls.filter((call) => call.startsWith("stop"))).toHaveLength(1);
  });

  test("reports the last log lines of the app", async () => {
    await run("token-1");
    world.stopped = 1;
    world.find("d-1").status = "Failed";
    await run("token-2");
    expect(answer("token-2")).toMatchObject({ cause: expect.stringContaining("DATABASE_URL is not set") });
    expect(answer("token-2")).toMatchObject({ cause: expect.stringContaining("stream release/app/0") });
  });

  test("reports the result of the probe of green", async () => {
    await run("token-1");
    await deps.table.patch(deploymentKey(pushed.deployment), { greenProbe: { ok: false, observed: "answered 500" } });
    world.find("d-1").status = "Failed";
    await run("token-2");
    expect(answer("token-2")).toMatchObject({ error: "ShiftFailed", cause: expect.stringContaining("answered 500") });
  });

  test("names a raised alarm", async () => {
    await run("token-1");
    Object.assign(world.find("d-1"), {
      status: "Stopped",
      errorInformation: { code: "ALARM_ACTIVE", message: "Activated alarms: shop-errors-balancer" },
    });
    await run("token-2");
    const cause = expect.stringContaining("Alarm shop-errors-balancer: 2 datapoints");
    expect(answer("token-2")).toMatchObject({ error: "AlarmRaised", cause });
  });

  test("is repeated by a redrive, with a new task definition", async () => {
    await run("token-1");
    world.find("d-1").status = "Failed";
    await run("token-2");
    await run("token-3", 1);
    expect(world.calls).toEqual(["create d-1", "create d-2"]);
    expect(await findWaiting(deps.table, { exactly: "codedeploy:d-2" })).toMatchObject([{ attempt: 1 }]);
  });

  test("does not accept a success if another release receives the traffic", async () => {
    await run("token-1");
    world.find("d-1").status = "Succeeded";
    await run("token-2", 1);
    expect(world.calls).toEqual(["create d-1", "create d-2"]);
  });
});

describe("baking", () => {
  beforeEach(async () => {
    await run("token-shift");
    world.find("d-1").done = baking;
    world.primary = "td:1";
  });

  test("waits while blue is running, and ends with CodeDeploy", async () => {
    await runBake("token-1");
    expect(answer("token-1")).toBeUndefined();
    world.find("d-1").status = "Succeeded";
    await runBake("token-2");
    expect(answer("token-2")).toEqual({ output: {} });
  });

  test("does not accept a success if another release receives the traffic", async () => {
    world.find("d-1").status = "Succeeded";
    world.primary = "td:placeholder";
    await runBake("token-1");
    expect(answer("token-1")).toMatchObject({ error: "ShiftFailed", cause: expect.stringContaining("td:placeholder") });
  });

  test("names a raised alarm", async () => {
    Object.assign(world.find("d-1"), {
      status: "Stopped",
      errorInformation: { code: "ALARM_ACTIVE", message: "Activated alarms: shop-errors-blue" },
    });
    await runBake("token-1");
    const cause = expect.stringContaining("Alarm shop-errors-blue: 2 datapoints");
    expect(answer("token-1")).toMatchObject({ error: "AlarmRaised", cause });
  });

  test("fails if CodeDeploy rerouted traffic, and a redrive starts over", async () => {
    world.find("d-1").status = "Stopped";
    await runBake("token-1");
    expect(answer("token-1")).toMatchObject({ error: "ShiftFailed" });
    await runBake("token-2", 1);
    expect(answer("token-2")).toMatchObject({ error: "LockNotHeld" });
  });
});
