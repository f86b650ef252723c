import { describe, expect, it } from "vitest";
import { applyChange, type TaskChange, type TaskRecord } from "#local/services/ecs/task-state.ts";

const now = 1000;
const fresh: TaskRecord = {
  id: "0".repeat(32),
  cluster: "main",
  taskDefinitionArn: "arn:aws:ecs:eu-central-1:123456789012:task-definition/app:1",
  group: "family:app",
  network: { subnets: ["subnet-1"], securityGroups: [], assignPublicIp: "DISABLED" },
  loadBalancers: [],
  overrides: { containers: [] },
  tags: [],
  lastStatus: "PROVISIONING",
  desiredStatus: "RUNNING",
  version: 1,
  wasSteady: false,
  createdAt: 0,
  containers: [
    { name: "app", image: "app:1", essential: true, lastStatus: "PENDING", ports: { 3000: 0 } },
    { name: "side", image: "side:1", essential: false, lastStatus: "PENDING", ports: {} },
  ],
};

const start: TaskChange[] = [
  { kind: "provisioned", ports: { app: { 3000: 40001 } } },
  { kind: "activating" },
  { kind: "pulled", digests: { app: "sha256:1" } },
  { kind: "running" },
];
const stop: TaskChange[] = [
  { kind: "deactivating" },
  { kind: "stopping" },
  { kind: "deprovisioning" },
  { kind: "stopped" },
];
const requested: TaskChange = { kind: "stop requested", code: "UserInitiated", reason: "enough" };
const after = (...changes: TaskChange[]) => changes.reduce((task, change) => applyChange(task, change, now), fresh);

describe("a task", () => {
  it("walks from state to state, and its version grows with each change", () => {
    const task = after(...start, requested, ...stop);
    expect(task).toMatchObject({ lastStatus: "STOPPED", desiredStatus: "STOPPED", version: 10 });
    expect(task).toMatchObject({ stopCode: "UserInitiated", stoppedReason: "enough", startedAt: now, stoppedAt: now });
    expect(task.containers.map(({ lastStatus }) => lastStatus)).toEqual(["STOPPED", "STOPPED"]);
  });

  it("keeps ports and digest of its containers", () => {
    expect(after(...start).containers[0]).toMatchObject({ ports: { 3000: 40001 }, imageDigest: "sha256:1" });
  });

  it("keeps the first reason to stop; a second request changes nothing", () => {
    const stopping = after(...start, requested);
    const again = applyChange(
      stopping,
      { kind: "stop requested", code: "ServiceSchedulerInitiated", reason: "unhealthy" },
      2000,
    );
    expect(again).toBe(stopping);
  });

  it("keeps the code of a container that ended before", () => {
    const task = after(...start, { kind: "container exited", name: "side", exitCode: 3 }, requested, ...stop);
    expect(task.containers.map(({ exitCode }) => exitCode)).toEqual([undefined, 3]);
  });

  it.each<[string, TaskChange[]]>([
    ["runs before it is activated", [{ kind: "running" }]],
    ["starts twice", [...start, { kind: "running" }]],
    ["stops without being drained", [...start, { kind: "stopping" }]],
    ["comes back after its end", [...start, requested, ...stop, { kind: "activating" }]],
    ["is asked to stop after its end", [...start, requested, ...stop, requested]],
  ])("never %s", (_story, changes) => {
    expect(() => after(...changes)).toThrow(/Invalid change/);
  });
});
