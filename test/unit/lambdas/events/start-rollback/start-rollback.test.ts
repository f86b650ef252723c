import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { SFNClient, type StartExecutionCommandInput } from "@aws-sdk/client-sfn";
import { beforeEach, describe, expect, test } from "vitest";
import { readLock } from "../../../../../lambdas/core/lock.ts";
import { currentRelease } from "../../../../../lambdas/core/record.ts";
import { rollbackKey } from "../../../../../lambdas/rollback/record.ts";
import { restoreKey } from "../../../../../lambdas/restore/record.ts";
import { startRollback } from "../../../../../lambdas/events/start-rollback/start-rollback.ts";
import { giveLock, type MemoryDeps, memoryDeps } from "../../support/deps.ts";
import { scripted } from "../../support/scripted.ts";
import { settings as trafficSettings, TrafficWorld } from "../../support/traffic-world.ts";

const machine = (name: string) => `arn:aws:states:eu-west-1:111122223333:stateMachine:shop-${name}`;
const execution = (name: string, id: string) => `arn:aws:states:eu-west-1:111122223333:execution:shop-${name}:${id}`;
const minutesAgo = (minutes: number) => new Date(now.getTime() - minutes * 60_000).toISOString();
const awsTime = (minutes: number) => minutesAgo(minutes).replace("Z", "+0000");
const now = new Date(Date.UTC(2026, 0, 1, 12));

let deps: MemoryDeps;
let started: StartExecutionCommandInput[];
let published: unknown[];
let world: TrafficWorld;

const arrive = (event: object) => {
  const sfn = scripted(SFNClient, {
    StartExecution: (input: StartExecutionCommandInput) => {
      started.push(input);
      return {};
    },
  });
  const eventBridge = scripted(EventBridgeClient, {
    PutEvents: ({ Entries }: { Entries: unknown[] }) => {
      published.push(...Entries);
      return { Entries: [{}] };
    },
  });
  const settings = {
    ...trafficSettings,
    STAGE: "production",
    DEPLOY_MACHINE_ARN: machine("deploy"),
    ROLLBACK_MACHINE_ARN: machine("rollback"),
    ALARM_WINDOW_MINUTES: 60,
    ALARM_MEMORY_SECONDS: 300,
  };
  return startRollback({
    ...deps,
    clock: { now: () => now },
    sfn,
    eventBridge,
    codeDeploy: world.deps.codeDeploy,
    settings,
  })(event);
};
const ended = (name: string, id: string, detail = {}) => ({
  "detail-type": "Step Functions Execution Status Change",
  detail: { executionArn: execution(name, id), stateMachineArn: machine(name), name: id, status: "FAILED", ...detail },
});
const alarm = () => ({
  "detail-type": "CloudWatch Alarm State Change",
  detail: { alarmName: "shop-errors-blue", state: { value: "ALARM", reason: "5 > 1", timestamp: awsTime(0) } },
});
const releaseOf = (deployment: string, minutes: number) => ({
  deployment,
  commit: "c1",
  pushedAt: minutesAgo(minutes),
  imageUri: "i",
  imageDigest: "sha256:1",
  taskDefinitionArn: "td:1",
  deployedAt: minutesAgo(minutes),
});
async function release(minutes: number): Promise<void> {
  await deps.table.put({ pk: "release", sk: "1", ...releaseOf("d0", minutes + 60) });
  await deps.table.put({ ...releaseOf("d1", minutes), ...currentRelease });
}

beforeEach(() => {
  deps = memoryDeps();
  world = new TrafficWorld();
  started = [];
  published = [];
});

describe("a deployment that failed", () => {
  test("is rolled back under a name that its redrive does not share", async () => {
    await giveLock(deps, execution("deploy", "d2"), 3);
    await arrive(ended("deploy", "d2"));
    await arrive(ended("deploy", "d2", { redriveCount: 1 }));
    expect(started.map(({ name }) => name)).toEqual(["d2-r0", "d2-r1"]);
  });

  test("is ignored if it does not hold the lock", async () => {
    await giveLock(deps, execution("deploy", "d3"), 3);
    await arrive(ended("deploy", "d2"));
    expect(started).toEqual([]);
  });
});

test("a failed rollback freezes the stage, and publishes it", async () => {
  await giveLock(deps, execution("rollback", "d2-r0"), 4);
  await arrive(ended("rollback", "d2-r0", { error: "RollbackFailed", cause: "no earlier release" }));
  expect(started).toEqual([]);
  const { frozen, holder } = await readLock(deps.table);
  expect(frozen?.reason).toBe("RollbackFailed: no earlier release");
  expect(holder).toBe(execution("rollback", "d2-r0"));
  expect(published).toMatchObject([{ Source: "lockstep", DetailType: "Lockstep Stage Frozen" }]);
});

describe("an aborted rollback", () => {
  const open = async (done: string[]) => {
    await giveLock(deps, execution("rollback", "d2-alarm"), 4);
    await deps.table.put({
      ...rollbackKey("d2-alarm"),
      rollback: "d2-alarm",
      requestedAt: minutesAgo(1),
      cause: { kind: "alarm", alarm: "shop-errors-blue", reason: "5 > 1" },
      attempt: 0,
      steps: {},
      status: "running",
      execution: execution("rollback", "d2-alarm"),
      startedAt: minutesAgo(1),
      from: { deployment: "d2", commit: "b".repeat(40) },
      to: { deployment: "d1", commit: "a".repeat(40) },
    });
    world.deploy("lockstep d1 rollback d2-alarm attempt 0: commit aaaaaaaa").done = done;
  };
  const aborted = ended("rollback", "d2-alarm", { status: "ABORTED", error: "Aborted", cause: "by ada" });

  test("freezes the stage and does not shift traffic afterwards", async () => {
    await open(["Install"]);
    await arrive(aborted);
    expect((await readLock(deps.table)).frozen?.reason).toBe("Aborted: by ada");
    expect(world.calls).toEqual(["stop d-1 rollback=true"]);
    expect(await deps.table.get(rollbackKey("d2-alarm"))).toMatchObject({ status: "failed" });
  });

  test("leaves traffic that has shifted where it is", async () => {
    await open(["Install", "AllowTraffic"]);
    await arrive(aborted);
    expect(world.calls).toEqual([]);
  });
});

describe("an alarm", () => {
  test("rolls back the release before it", async () => {
    await release(10);
    await arrive(alarm());
    expect(started.map(({ name }) => name)).toEqual(["d1-alarm"]);
  });

  test("is ignored long after the release", async () => {
    await release(61);
    await arrive(alarm());
    expect(started).toEqual([]);
  });

  test("is ignored while a deployment is running", async () => {
    await release(10);
    await giveLock(deps, execution("deploy", "d2"), 3);
    await arrive(alarm());
    expect(started).toEqual([]);
  });

  const takenBack = (minutes: number) =>
    deps.table.put({
      ...rollbackKey("d2-r0"),
      rollback: "d2-r0",
      requestedAt: minutesAgo(minutes),
      cause: { kind: "execution", execution: "e", deployment: "d2", status: "FAILED", attempt: 0 },
      attempt: 0,
      steps: {},
      status: "rolled-back",
      execution: "r",
      startedAt: minutesAgo(minutes),
      endedAt: minutesAgo(minutes),
      reverts: true,
    });

  test("caused by a release that was just rolled back is ignored", async () => {
    await release(10);
    await takenBack(2);
    await arrive(alarm());
    expect(started).toEqual([]);
  });

  test("caused by the outage of a restore is ignored, whenever its event arrives", async () => {
    await release(10);
    await deps.table.put({
      ...restoreKey("r1"),
      restore: "r1",
      snapshot: "shop-snapshot-1",
      attempt: 0,
      steps: {},
      status: "restored",
      execution: "r",
      startedAt: minutesAgo(9),
      endedAt: minutesAgo(8),
    });
    const late = alarm();
    await arrive({ ...late, detail: { ...late.detail, state: { ...late.detail.state, timestamp: awsTime(6) } } });
    expect(started).toEqual([]);
    await arrive(alarm());
    expect(started).toHaveLength(1);
  });

  test("on the first release is ignored: there is nothing to roll back to, and the next push may be the fix", async () => {
    await deps.table.put({ ...releaseOf("d1", 10), ...currentRelease });
    await arrive(alarm());
    expect(started).toEqual([]);
  });

  test("long after a rollback is about the live release", async () => {
    await release(30);
    await takenBack(20);
    await arrive(alarm());
    expect(started).toHaveLength(1);
  });
});
