import { beforeEach, describe, expect, test } from "vitest";
import { BuildFailed } from "../../../../../lambdas/core/errors.ts";
import { readLock } from "../../../../../lambdas/core/lock.ts";
import { loadRecord } from "../../../../../lambdas/core/record.ts";
import { type Observation, step } from "../../../../../lambdas/core/step.ts";
import { findWaiting } from "../../../../../lambdas/core/waiting.ts";
import { acquireLock } from "../../../../../lambdas/deploy/acquire-lock/step.ts";
import { resume } from "../../../../../lambdas/events/resume/step.ts";
import { execution, giveLock, invocation, type MemoryPorts, memoryPorts } from "../../support/ports.ts";

const buildEnded = {
  "detail-type": "CodeBuild Build State Change",
  detail: { "build-id": "arn:aws:codebuild:eu-west-1:111122223333:build/shop:1", "build-status": "SUCCEEDED" },
};

describe("an event", () => {
  let ports: MemoryPorts;
  const arrive = (seen: Observation, event: unknown = buildEnded) =>
    resume(ports, { Build: async () => seen, "Shift traffic": async () => seen })(event);
  const answer = () => ports.machine.answers.get("token-1");

  async function wait(name: "Build" | "Shift traffic", handle: string, redriveCount = 0): Promise<void> {
    const act = async () => ({ kind: "running", handle }) as const;
    const observe = async () => ({ kind: "running", handle }) as const;
    await step({ name, observe, act }, ports)(invocation({ redriveCount }));
  }

  beforeEach(async () => {
    ports = memoryPorts();
    await giveLock(ports, execution, 1);
  });

  test("for which nobody waits changes nothing", async () => {
    await arrive({ kind: "done" });
    expect(ports.machine.answers.size).toBe(0);
  });

  test.each([null, {}, { "detail-type": "Other", detail: {} }])("%j is not one of ours", async (event) => {
    await arrive({ kind: "done" }, event);
    expect(ports.machine.answers.size).toBe(0);
  });

  test("is only a hint: what runs goes on", async () => {
    await wait("Build", "build:shop:1");
    await arrive({ kind: "running", handle: "build:shop:1" });
    expect(ports.machine.answers.size).toBe(0);
    expect(await findWaiting(ports.table, { exactly: "build:shop:1" })).toHaveLength(1);
  });

  test("wakes the step that waits, once", async () => {
    await wait("Build", "build:shop:1");
    await arrive({ kind: "done", output: { a: 1 } });
    await arrive({ kind: "done", output: { a: 2 } });
    expect(answer()).toEqual({ output: { a: 1 } });
    expect(await findWaiting(ports.table, { exactly: "build:shop:1" })).toEqual([]);
  });

  test("tells a failure by its name", async () => {
    await wait("Build", "build:shop:1");
    await arrive({ kind: "failed", attempt: 0, error: new BuildFailed("npm test failed") });
    expect(answer()).toEqual({ error: "BuildFailed", cause: "npm test failed" });
    expect(await loadRecord(ports.table, "1a2b3c4d-event")).toMatchObject({ status: "failed" });
  });

  test("about a failure before the redrive makes the step look itself", async () => {
    await wait("Build", "build:shop:1", 1);
    await arrive({ kind: "failed", attempt: 0, error: new BuildFailed("npm test failed") });
    expect(answer()).toMatchObject({ error: "LookAgain" });
  });

  test("about a step that has been answered changes nothing", async () => {
    await wait("Build", "build:shop:1");
    await ports.machine.succeed("token-1", {});
    await arrive({ kind: "failed", attempt: 0, error: new BuildFailed("stopped by the rollback") });
    expect(await loadRecord(ports.table, "1a2b3c4d-event")).toMatchObject({ status: "running" });
    expect(await ports.table.query("waiting")).toEqual([]);
  });

  test("about a stopped task of the service reaches the open deployment", async () => {
    await wait("Shift traffic", "codedeploy:d-1");
    const detail = { taskArn: "arn:task", group: "service:shop" };
    await arrive(
      { kind: "stuck", handle: "codedeploy:d-1", reason: "r" },
      { "detail-type": "ECS Task State Change", detail },
    );
    expect(answer()).toMatchObject({ error: "LookAgain" });
  });

  describe("that an execution has ended", () => {
    const ended = (redriveCount = 0) => ({
      "detail-type": "Step Functions Execution Status Change",
      detail: { executionArn: execution, name: "1a2b3c4d-event", status: "ABORTED", redriveCount },
    });

    async function acquire(deployment: string, holder: string, token: string): Promise<void> {
      ports.machine.running.add(holder);
      const input = { deployment, pushedAt: `2026-01-01T12:00:0${ports.machine.running.size}Z` };
      await step(
        acquireLock({ ...ports, settings: { LOCK_MODE: "queue" } }),
        ports,
      )(invocation({ token, execution: holder, input }));
    }

    test("leaves its lock to the rollback, and says that it failed", async () => {
      ports = memoryPorts();
      await acquire("1a2b3c4d-event", execution, "token-a");
      await acquire("next", "execution-next", "token-b");
      ports.machine.running.delete(execution);
      await arrive({ kind: "done" }, ended());
      expect(ports.machine.answers.has("token-b")).toBe(false);
      expect(await readLock(ports.table)).toMatchObject({ holder: execution, generation: 1 });
      expect(await loadRecord(ports.table, "1a2b3c4d-event")).toMatchObject({
        status: "failed",
        failure: { step: "Acquire lock", error: "ABORTED" },
      });
    });

    test("is told over what an abort brought about, when that was heard of first", async () => {
      ports = memoryPorts();
      await acquire("1a2b3c4d-event", execution, "token-a");
      const failure = { step: "Build", error: "BuildFailed", cause: "the build was stopped" };
      await ports.table.patch({ pk: "deployment", sk: "1a2b3c4d-event" }, { status: "failed", failure });
      await arrive({ kind: "done" }, ended());
      expect(await loadRecord(ports.table, "1a2b3c4d-event")).toMatchObject({ failure: { error: "ABORTED" } });
    });

    test("takes a push out of the queue", async () => {
      ports = memoryPorts();
      await acquire("first", "execution-first", "token-a");
      await acquire("1a2b3c4d-event", execution, "token-b");
      ports.machine.running.delete(execution);
      await arrive({ kind: "done" }, ended());
      expect(await ports.table.query("queue")).toEqual([]);
      expect(await readLock(ports.table)).toMatchObject({ holder: "execution-first" });
    });

    test("means nothing after a redrive", async () => {
      await wait("Build", "build:shop:1", 1);
      ports.machine.running.add(execution);
      await arrive({ kind: "done" }, ended(0));
      expect(await loadRecord(ports.table, "1a2b3c4d-event")).toMatchObject({ status: "running" });
    });
  });
});
