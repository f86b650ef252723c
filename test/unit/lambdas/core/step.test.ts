import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { BuildFailed } from "../../../../lambdas/core/errors.ts";
import { deploymentKey, loadRecord } from "../../../../lambdas/core/record.ts";
import { deployments, settle } from "../../../../lambdas/core/journal.ts";
import { type Observation, type Observe, type Outcome, type Step, step, steps } from "../../../../lambdas/core/step.ts";
import { findWaiting, saveToken } from "../../../../lambdas/core/waiting.ts";
import { execution, giveLock, invocation, type MemoryDeps, memoryDeps } from "../support/deps.ts";

const deployment = "1a2b3c4d-event";
const waitKey = "build:1";

/** A step whose effect goes through the given observations, the last one for ever. */
function scripted(...observations: Observation[]): Step & { acted: string[]; observe: Observe } {
  const acted: string[] = [];
  return {
    name: "Build",
    acted,
    observe: async () => (observations.length > 1 ? observations.shift() : observations[0]) ?? { kind: "absent" },
    act: async (work, observed) => {
      await work.holdLock();
      acted.push(observed.kind);
      return { kind: "running", waitKey };
    },
  };
}

describe("a step", () => {
  let deps: MemoryDeps;
  const waiting = () => findWaiting(deps.table, { exactly: waitKey });

  beforeEach(async () => {
    deps = memoryDeps();
    await giveLock(deps, execution, 1);
  });

  afterEach(() => void vi.useRealTimers());

  test("refuses an invalid payload", async () => {
    await expect(step(deployments, scripted(), deps)({ token: "t" })).rejects.toThrow(/execution/);
  });

  test("does not act for an earlier generation", async () => {
    await giveLock(deps, execution, 2);
    const late = scripted({ kind: "absent" });
    await step(deployments, late, deps)(invocation());
    expect(late.acted).toEqual([]);
    expect(deps.machine.answers.get("token-1")).toMatchObject({ error: "LockNotHeld" });
  });

  test("does not act when another deployment holds the lock", async () => {
    await giveLock(deps, `${execution}-other`, 1);
    const late = scripted({ kind: "absent" });
    await step(deployments, late, deps)(invocation());
    expect(late.acted).toEqual([]);
    expect((await loadRecord(deps.table, deployment))?.status).toBe("running");
  });

  test("does not use an observation without the lock", async () => {
    await giveLock(deps, execution, 2);
    await step(deployments, scripted({ kind: "done" }), deps)(invocation());
    expect(deps.machine.answers.get("token-1")).toMatchObject({ error: "LockNotHeld" });
  });

  test("retries a step if AWS is not reachable", async () => {
    const throttled = Object.assign(new Error("Rate exceeded"), { name: "ThrottlingException" });
    const failing: Step = { ...scripted(), observe: () => Promise.reject(throttled) };
    await expect(step(deployments, failing, deps)(invocation())).rejects.toMatchObject({ name: "AwsUnavailable" });
    expect(deps.machine.answers.size).toBe(0);
  });

  test("is retried if its failure could not be sent", async () => {
    const unreachable = Object.assign(new Error("connect"), { code: "ECONNREFUSED" });
    const machine = Object.assign(deps.machine, { fail: () => Promise.reject(unreachable) });
    const failed = scripted({ kind: "failed", attempt: 0, error: new BuildFailed("npm test failed") });
    const run = step(deployments, failed, { ...deps, machine })(invocation());
    await expect(run).rejects.toMatchObject({ name: "AwsUnavailable" });
    const bug: Step = { ...failed, observe: () => Promise.reject(new TypeError("no")) };
    await expect(step(deployments, bug, { ...deps, machine })(invocation())).rejects.toMatchObject({
      name: "AwsUnavailable",
    });
  });

  test("fails at once with the name of an AWS error that is not temporary", async () => {
    const denied = Object.assign(new Error("not authorized"), { name: "AccessDeniedException", $fault: "client" });
    await step(deployments, { ...scripted(), observe: () => Promise.reject(denied) }, deps)(invocation());
    expect(deps.machine.answers.get("token-1")).toEqual({ error: "AccessDeniedException", cause: "not authorized" });
  });

  test("sends heartbeats as long as it works, since a probe may take longer than the heartbeat of its state", async () => {
    vi.useFakeTimers();
    const heartbeats: string[] = [];
    const isWaiting = async (token: string) => heartbeats.push(token) > 0;
    const probing: Step = {
      name: "Probe",
      act: async () => {
        await new Promise((resolve) => setTimeout(resolve, 61_000));
        return { kind: "done" };
      },
    };
    Object.assign(deps.machine, { isWaiting });
    const run = step(deployments, probing, deps)(invocation());
    for (let second = 5; second <= 60; second += 5) {
      const before = heartbeats.length;
      await vi.advanceTimersByTimeAsync(5_000);
      expect(heartbeats.length, `between ${second - 5} and ${second} s`).toBeGreaterThan(before);
    }
    await vi.advanceTimersByTimeAsync(5_000);
    await run;
    const sent = heartbeats.length;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(heartbeats).toHaveLength(sent);
    expect(new Set(heartbeats)).toEqual(new Set(["token-1"]));
  });

  test("acts if there is nothing, and saves the token", async () => {
    const fresh = scripted({ kind: "absent" }, { kind: "running", waitKey });
    await step(deployments, fresh, deps)(invocation());
    expect(fresh.acted).toEqual(["absent"]);
    expect(await waiting()).toMatchObject([{ token: "token-1", step: "Build", deployment, attempt: 0 }]);
    expect(deps.machine.answers.size).toBe(0);
  });

  test("does not act if the effect is already running", async () => {
    const running = scripted({ kind: "running", waitKey });
    await step(deployments, running, deps)(invocation());
    expect(running.acted).toEqual([]);
    expect(await waiting()).toHaveLength(1);
  });

  test("answers if the effect ended while the token was saved", async () => {
    await step(
      deployments,
      scripted({ kind: "running", waitKey }, { kind: "done", output: { a: 1 } }),
      deps,
    )(invocation());
    expect(deps.machine.answers.get("token-1")).toEqual({ output: { a: 1 } });
    expect(await waiting()).toEqual([]);
  });

  test("replaces the token that timed out after a heartbeat", async () => {
    const running = scripted({ kind: "running", waitKey });
    await step(deployments, running, deps)(invocation());
    await step(deployments, running, deps)(invocation({ token: "token-2" }));
    expect(await waiting()).toMatchObject([{ token: "token-2" }]);
  });

  test("keeps the token that a later attempt saved under the same wait key", async () => {
    const overtaken = scripted({ kind: "running", waitKey }, { kind: "done" });
    const observe: Step["observe"] = async (subject) => {
      const observed = await overtaken.observe(subject);
      const later = { token: "token-2", step: "Build", deployment, execution, attempt: 1 } as const;
      if (observed.kind === "done") await saveToken(deps.table, waitKey, later);
      return observed;
    };
    await step(deployments, { ...overtaken, observe }, deps)(invocation());
    expect(await waiting()).toMatchObject([{ token: "token-2" }]);
  });

  test("acts if it is stuck", async () => {
    const stuck = scripted({ kind: "stuck", waitKey, reason: "crashing" }, { kind: "running", waitKey });
    await step(deployments, stuck, deps)(invocation());
    expect(stuck.acted).toEqual(["stuck"]);
  });

  test("records a failure and answers with it", async () => {
    await step(
      deployments,
      scripted({ kind: "failed", attempt: 0, error: new BuildFailed("npm test failed") }),
      deps,
    )(invocation());
    expect(deps.machine.answers.get("token-1")).toEqual({ error: "BuildFailed", cause: "npm test failed" });
    const record = await loadRecord(deps.table, deployment);
    expect(record).toMatchObject({
      status: "failed",
      failure: { step: "Build", error: "BuildFailed", cause: "npm test failed" },
      steps: { Build: { attempt: 0, endedAt: expect.any(String) } },
    });
  });

  test("keeps the abort as the cause of what the abort leaves behind", async () => {
    await step(deployments, scripted({ kind: "running", waitKey }), deps)(invocation());
    const failure = { step: "Build", error: "Aborted", cause: "by ada" };
    await deps.table.patch(deploymentKey(deployment), { status: "failed", failure });
    const error = new BuildFailed("the build was stopped");
    await settle(deps, { key: deploymentKey(deployment), step: "Build", token: "token-1" }, { kind: "failed", error });
    expect(await loadRecord(deps.table, deployment)).toMatchObject({ status: "failed", failure });
  });

  test("repeats in a redrive what failed before it", async () => {
    const failed: Observation = { kind: "failed", attempt: 0, error: new BuildFailed("npm test failed") };
    await step(deployments, scripted(failed), deps)(invocation());
    const again = scripted(failed, { kind: "running", waitKey });
    await step(deployments, again, deps)(invocation({ token: "token-2", attempt: 1 }));
    expect(again.acted).toEqual(["absent"]);
    const record = await loadRecord(deps.table, deployment);
    expect(record).toMatchObject({ status: "running", attempt: 1, steps: { Build: { attempt: 1 } } });
    expect(record?.failure).toBeUndefined();
  });

  test("adopts in a redrive what succeeded before it", async () => {
    const adopted = scripted({ kind: "done" });
    await step(deployments, adopted, deps)(invocation({ attempt: 1 }));
    expect(adopted.acted).toEqual([]);
    expect(deps.machine.answers.get("token-1")).toEqual({ output: {} });
  });

  test("may itself send the machine back to the lock", async () => {
    const over: Step = { ...scripted({ kind: "absent" }), act: async () => ({ kind: "start over", reason: "over" }) };
    await step(deployments, over, deps)(invocation());
    expect(deps.machine.answers.get("token-1")).toEqual({ error: "LockNotHeld", cause: "over" });
    expect((await loadRecord(deps.table, deployment))?.failure).toBeUndefined();
  });

  describe("that is blocked", () => {
    const blocked = (isOver: boolean): Step => ({
      name: "Build",
      act: async () => ({ kind: "blocked", reason: "busy", waitKey, until: async () => isOver }),
    });

    test("waits for the event that ends the block", async () => {
      await step(deployments, blocked(false), deps)(invocation());
      expect(await waiting()).toMatchObject([{ token: "token-1" }]);
      expect(deps.machine.answers.size).toBe(0);
      expect((await loadRecord(deps.table, deployment))?.waitsFor).toBe("busy");
    });

    test("runs again at once if the block ended before its token was saved", async () => {
      await step(deployments, blocked(true), deps)(invocation());
      expect(await waiting()).toEqual([]);
      expect(deps.machine.answers.get("token-1")).toMatchObject({ error: "Reobserve" });
    });
  });

  describe("without a task token", () => {
    const call = { ...invocation(), token: undefined };
    const ending = (outcome: Outcome): Step => ({ name: "Build", act: async () => outcome });

    test("returns its output", async () => {
      const done = step(deployments, ending({ kind: "done", output: { a: 1 } }), deps)(call);
      await expect(done).resolves.toEqual({ a: 1 });
    });

    test("records its failure and throws it", async () => {
      const error = new BuildFailed("npm test failed");
      const failed = step(deployments, ending({ kind: "failed", attempt: 0, error }), deps)(call);
      await expect(failed).rejects.toBe(error);
      expect(await loadRecord(deps.table, deployment)).toMatchObject({
        failure: { step: "Build", error: "BuildFailed" },
      });
    });
  });

  test("of a shared function is the one that the machine names", async () => {
    const named = (name: string): Step => ({ name, act: async () => ({ kind: "done", output: { name } }) });
    const run = steps(deployments, [named("Build"), named("Plan")], deps);
    await run({ ...invocation(), step: "Plan" });
    expect(deps.machine.answers.get("token-1")).toEqual({ output: { name: "Plan" } });
    await expect(run({ ...invocation(), step: "Bake" })).rejects.toThrow("no step Bake, only Build, Plan");
  });

  test("that runs again, in the same attempt or a redrive, is timed from its new start", async () => {
    const run = (attempt: number) => step(deployments, scripted({ kind: "done" }), deps)(invocation({ attempt }));
    const timing = async () => {
      const {
        startedAt = "",
        endedAt = "",
        attempt,
      } = (await loadRecord(deps.table, deployment))?.steps["Build"] ?? {};
      return { start: Date.parse(startedAt), end: Date.parse(endedAt), attempt };
    };
    await run(0);
    const first = await timing();
    await run(0);
    const second = await timing();
    await run(1);
    const third = await timing();
    expect(second.start).toBeGreaterThan(first.end);
    expect(third.start).toBeGreaterThan(second.end);
    expect(third.attempt).toBe(1);
  });
});
