import { beforeEach, describe, expect, test } from "vitest";
import type { RollbackRecord } from "../../../../lambdas/rollback/record.ts";
import { observeRedeployment } from "../../../../lambdas/rollback/redeployment.ts";
import { memoryDeps } from "../support/deps.ts";
import { TrafficWorld } from "../support/traffic-world.ts";

const record: RollbackRecord = {
  rollback: "b2-alarm",
  requestedAt: "2026-01-01T12:00:00Z",
  cause: { kind: "person", by: "arn:ada" },
  execution: "arn:rollback",
  attempt: 0,
  status: "running",
  startedAt: "2026-01-01T12:00:00Z",
  steps: {},
  from: { deployment: "b2", commit: "b".repeat(40), taskDefinitionArn: "td:2" },
  to: { deployment: "a1", commit: "a".repeat(40), taskDefinitionArn: "td:1" },
};
const description = "lockstep a1 rollback b2-alarm attempt 0: commit aaaaaaaa";
const traffic = [{ taskDefinition: "td:2", weight: 100 }];

let world: TrafficWorld;
let seconds: number;
const deps = () => ({
  ...memoryDeps(),
  ...world.deps,
  clock: { now: () => new Date(Date.UTC(2026, 0, 1, 12, 0, seconds)) },
});
const observed = (change: Partial<RollbackRecord> = {}) =>
  observeRedeployment(deps(), { record: { ...record, ...change }, attempt: 0 }, { id: "d-1", traffic });

beforeEach(() => {
  world = new TrafficWorld();
  world.deploy(description);
  seconds = 5;
});

describe("a redeployment", () => {
  test("is waited for while its tasks start, with the progress", async () => {
    world.stopped = 2;
    expect(await observed()).toEqual({
      kind: "running",
      waitKey: "codedeploy:d-1",
      reason:
        "CodeDeploy deployment d-1: the earlier release is not healthy yet; stopped tasks: 2 of at most 2; deadline 12:10:00 UTC",
    });
  });

  test("is stuck when its tasks keep crashing, with the reason of the last one", async () => {
    world.stopped = 3;
    expect(await observed()).toMatchObject({
      kind: "stuck",
      reason: expect.stringMatching(
        /^The earlier release crashed: Error: DATABASE_URL is not set\n3 tasks of the earlier release stopped.*exited with code 1/,
      ),
    });
  });

  test("is stuck when it is not healthy in time", async () => {
    seconds = 601;
    expect(await observed()).toMatchObject({ kind: "stuck", reason: expect.stringContaining("within 600 seconds") });
  });

  test("is not judged by tasks of the same release that stopped before it", async () => {
    Object.assign(world, { stopped: 5, stopCode: "ServiceSchedulerInitiated" });
    world.tasksCreatedAt = new Date(Date.UTC(2026, 0, 1, 11, 30));
    expect(await observed()).toMatchObject({
      kind: "running",
      reason: expect.stringContaining("stopped tasks: 0 "),
    });
  });

  test("is stopped once", async () => {
    world.stopped = 3;
    const redeployment = { codeDeployDeploymentId: "d-1", attempt: 0, abortReason: "crashes" };
    expect(await observed({ redeployment })).toMatchObject({ kind: "running", waitKey: "codedeploy:d-1" });
  });

  test("that ended fails the rollback: the reason, the release that serves, what to do", async () => {
    world.stopped = 3;
    world.find("d-1").status = "Stopped";
    const { error } = { error: undefined, ...(await observed()) };
    expect(error).toMatchObject({ name: "RollbackFailed" });
    for (const words of [
      /^The rollback to commit aaaaaaaa failed; production is still served by commit bbbbbbbb\.$/m,
      "DATABASE_URL is not set",
      "lockstep redrive b2-alarm",
      "lockstep unlock",
    ])
      expect(error?.message).toMatch(words);
  });
});
