import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { beforeEach, describe, expect, test } from "vitest";
import { BuildFailed } from "../../../../../lambdas/core/errors.ts";
import { readLock } from "../../../../../lambdas/core/lock.ts";
import { loadRecord } from "../../../../../lambdas/core/record.ts";
import { deployments } from "../../../../../lambdas/core/journal.ts";
import { type Observation, step } from "../../../../../lambdas/core/step.ts";
import { findWaiting, saveToken } from "../../../../../lambdas/core/waiting.ts";
import { acquireLock } from "../../../../../lambdas/deploy/acquire-lock/step.ts";
import { resume } from "../../../../../lambdas/events/resume/resume.ts";
import { execution, giveLock, invocation, type MemoryDeps, memoryDeps } from "../../support/deps.ts";
import { scripted } from "../../support/scripted.ts";

const buildEnded = {
  "detail-type": "CodeBuild Build State Change",
  detail: { "build-id": "arn:aws:codebuild:eu-west-1:111122223333:build/shop:1", "build-status": "SUCCEEDED" },
};

describe("an event", () => {
  let deps: MemoryDeps;
  const arrive = (observation: Observation, event: unknown = buildEnded) =>
    resume(deps, { Build: async () => observation, "Shift traffic": async () => observation })(event);
  const answer = () => deps.machine.answers.get("token-1");

  async function wait(name: "Build" | "Shift traffic", waitKey: string, attempt = 0): Promise<void> {
    const act = async () => ({ kind: "running", waitKey }) as const;
    const observe = async () => ({ kind: "running", waitKey }) as const;
    await step(deployments, { name, observe, act }, deps)(invocation({ attempt }));
  }

  beforeEach(async () => {
    deps = memoryDeps();
    await giveLock(deps, execution, 1);
  });

  test("that no step waits for changes nothing", async () => {
    await arrive({ kind: "done" });
    expect(deps.machine.answers.size).toBe(0);
  });

  test.each([null, {}, { "detail-type": "Other", detail: {} }])("%j is not one of ours", async (event) => {
    await arrive({ kind: "done" }, event);
    expect(deps.machine.answers.size).toBe(0);
  });

  test("is only a hint: a running effect is waited for", async () => {
    await wait("Build", "build:shop:1");
    await arrive({ kind: "running", waitKey: "build:shop:1" });
    expect(deps.machine.answers.size).toBe(0);
    expect(await findWaiting(deps.table, { exactly: "build:shop:1" })).toHaveLength(1);
  });

  test("wakes the step that waits, once", async () => {
    await wait("Build", "build:shop:1");
    await arrive({ kind: "done", output: { a: 1 } });
    await arrive({ kind: "done", output: { a: 2 } });
    expect(answer()).toEqual({ output: { a: 1 } });
    expect(await findWaiting(deps.table, { exactly: "build:shop:1" })).toEqual([]);
  });

  test("answers a failure with its name", async () => {
    await wait("Build", "build:shop:1");
    await arrive({ kind: "failed", attempt: 0, error: new BuildFailed("npm test failed") });
    expect(answer()).toEqual({ error: "BuildFailed", cause: "npm test failed" });
    expect(await loadRecord(deps.table, "1a2b3c4d-event")).toMatchObject({ status: "failed" });
  });

  test("about a failure before the redrive makes the step act again", async () => {
    await wait("Build", "build:shop:1", 1);
    await arrive({ kind: "failed", attempt: 0, error: new BuildFailed("npm test failed") });
    expect(answer()).toMatchObject({ error: "Reobserve" });
  });

  test("about a step that has been answered changes nothing", async () => {
    await wait("Build", "build:shop:1");
    await deps.machine.succeed("token-1", {});
    await arrive({ kind: "failed", attempt: 0, error: new BuildFailed("stopped by the rollback") });
    expect(await loadRecord(deps.table, "1a2b3c4d-event")).toMatchObject({ status: "running" });
    expect(await deps.table.query("waiting")).toEqual([]);
  });

  test("about a stopped task of the service reaches the open deployment", async () => {
    await wait("Shift traffic", "codedeploy:d-1");
    const detail = { taskArn: "arn:task", group: "service:shop" };
    await arrive(
      { kind: "stuck", waitKey: "codedeploy:d-1", reason: "r" },
      { "detail-type": "ECS Task State Change", detail },
    );
    expect(answer()).toMatchObject({ error: "Reobserve" });
  });

  test("wakes a step that only its own function can observe", async () => {
    const waiting = { token: "token-1", step: "Restore traffic", deployment: "d2-r0", execution, attempt: 0 };
    await saveToken(deps.table, "codedeploy:d-1", waiting);
    const detail = { deploymentId: "d-1" };
    await arrive({ kind: "done" }, { "detail-type": "CodeDeploy Deployment State-change Notification", detail });
    expect(answer()).toMatchObject({ error: "Reobserve" });
    expect(await deps.table.query("waiting")).toEqual([]);
  });

  describe("that an execution has ended", () => {
    const ended = (redriveCount = 0) => ({
      "detail-type": "Step Functions Execution Status Change",
      detail: { executionArn: execution, name: "1a2b3c4d-event", status: "ABORTED", redriveCount },
    });

    async function acquire(deployment: string, holder: string, token: string): Promise<void> {
      deps.machine.running.add(holder);
      const input = { deployment, pushedAt: `2026-01-01T12:00:0${deps.machine.running.size}Z` };
      const eventBridge = scripted(EventBridgeClient, {});
      const settings = { STAGE: "production", LOCK_MODE: "queue" } as const;
      const definition = acquireLock({ ...deps, eventBridge, settings });
      await step(deployments, definition, deps)(invocation({ token, execution: holder, input }));
    }

    test("leaves its lock to the rollback, and records the failure", async () => {
      deps = memoryDeps();
      await acquire("1a2b3c4d-event", execution, "token-a");
      await acquire("next", "execution-next", "token-b");
      deps.machine.running.delete(execution);
      await arrive({ kind: "done" }, ended());
      expect(deps.machine.answers.has("token-b")).toBe(false);
      expect(await readLock(deps.table)).toMatchObject({ holder: execution, generation: 1 });
      expect(await loadRecord(deps.table, "1a2b3c4d-event")).toMatchObject({
        status: "failed",
        failure: { step: "Acquire lock", error: "ABORTED" },
      });
    });

    test("is recorded as the cause over what the abort caused, also if that was recorded first", async () => {
      deps = memoryDeps();
      await acquire("1a2b3c4d-event", execution, "token-a");
      const failure = { step: "Build", error: "BuildFailed", cause: "the build was stopped" };
      await deps.table.patch({ pk: "deployment", sk: "1a2b3c4d-event" }, { status: "failed", failure });
      await arrive({ kind: "done" }, ended());
      expect(await loadRecord(deps.table, "1a2b3c4d-event")).toMatchObject({ failure: { error: "ABORTED" } });
    });

    test("removes a push from the queue", async () => {
      deps = memoryDeps();
      await acquire("first", "execution-first", "token-a");
      await acquire("1a2b3c4d-event", execution, "token-b");
      deps.machine.running.delete(execution);
      await arrive({ kind: "done" }, ended());
      expect(await deps.table.query("queue")).toEqual([]);
      expect(await readLock(deps.table)).toMatchObject({ holder: "execution-first" });
    });

    test("is ignored after a redrive", async () => {
      await wait("Build", "build:shop:1", 1);
      deps.machine.running.add(execution);
      await arrive({ kind: "done" }, ended(0));
      expect(await loadRecord(deps.table, "1a2b3c4d-event")).toMatchObject({ status: "running" });
    });
  });
});
