import { ECSClient, type UpdateServiceCommandInput } from "@aws-sdk/client-ecs";
import { beforeEach, describe, expect, test } from "vitest";
import { finish } from "../../../../../lambdas/deploy/finish/step.ts";
import { readLock } from "../../../../../lambdas/core/lock.ts";
import { deploymentKey, loadRecord, loadRelease } from "../../../../../lambdas/core/record.ts";
import { deployments } from "../../../../../lambdas/core/journal.ts";
import { step } from "../../../../../lambdas/core/step.ts";
import { runtimeLabel } from "../../../../../lambdas/traffic/contract.ts";
import { scripted } from "../../support/scripted.ts";
import { execution, giveLock, invocation, type MemoryDeps, memoryDeps } from "../../support/deps.ts";

const { generation: _, ...pushed } = invocation().input;
const digest = "sha256:1";
const settings = { CLUSTER_ARN: "arn:cluster/shop", SERVICE_NAME: "shop", CONTAINER_NAME: "app" };
const runtime = { health: { path: "/health", accept: "200" }, startSeconds: 15, drainSeconds: 30, tasks: 2 };
const container = {
  name: "app",
  portMappings: [{ containerPort: 3000 }],
  dockerLabels: { [runtimeLabel]: JSON.stringify(runtime) },
};

describe("finishing", () => {
  let deps: MemoryDeps;
  let desiredCount: number;
  const run = (token: string) =>
    step(deployments, finish({ ...deps, ecs: service(), settings }), deps)(invocation({ token }));
  const service = () =>
    scripted(ECSClient, {
      DescribeTaskDefinition: () => ({ taskDefinition: { containerDefinitions: [container] } }),
      DescribeServices: () => ({ services: [{ desiredCount }] }),
      UpdateService: (input: UpdateServiceCommandInput) => {
        desiredCount = input.desiredCount ?? desiredCount;
        return {};
      },
    });

  beforeEach(async () => {
    deps = memoryDeps();
    desiredCount = 4;
    await giveLock(deps, execution, 1);
    await deps.table.put({
      ...deploymentKey(pushed.deployment),
      ...pushed,
      status: "running",
      execution,
      attempt: 0,
      createdAt: "2026-01-01T12:00:00Z",
      steps: {},
      image: { uri: `shop@${digest}`, digest, migrations: [], migrationCount: 0, requiredVariables: [] },
      taskDefinition: { arn: "td:7", attempt: 0 },
    });
  });

  test("records the release, ends the deployment and releases the lock", async () => {
    await run("token-1");
    expect(await loadRelease(deps.table)).toMatchObject({ deployment: pushed.deployment, taskDefinitionArn: "td:7" });
    expect(await loadRecord(deps.table, pushed.deployment)).toMatchObject({ status: "succeeded" });
    expect(await readLock(deps.table)).toEqual({ generation: 1 });
    expect(deps.machine.answers.get("token-1")).toEqual({ output: {} });
  });

  test("lowers the number of tasks to that of the release, which now serves alone", async () => {
    await run("token-1");
    expect(desiredCount).toBe(2);
  });

  test("twice has the same result, although the lock is released", async () => {
    await run("token-1");
    await run("token-2");
    expect(deps.machine.answers.get("token-2")).toEqual({ output: {} });
    expect(await deps.table.query("release")).toHaveLength(2);
  });

  test("that was interrupted before the lock was released is completed", async () => {
    await run("token-1");
    await giveLock(deps, execution, 1);
    await run("token-2");
    expect((await readLock(deps.table)).holder).toBeUndefined();
  });

  test("changes nothing for a deployment that lost the lock", async () => {
    await giveLock(deps, "execution-other", 2);
    await run("token-1");
    expect(deps.machine.answers.get("token-1")).toMatchObject({ error: "LockNotHeld" });
    expect(await loadRelease(deps.table)).toBeUndefined();
  });
});
