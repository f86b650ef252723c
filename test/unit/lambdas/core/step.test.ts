import { beforeEach, describe, expect, test } from "vitest";
import { BuildFailed } from "../../../../lambdas/core/errors.ts";
import { deploymentKey, loadRecord } from "../../../../lambdas/core/record.ts";
import { deployments, settle } from "../../../../lambdas/core/journal.ts";
import { type Observation, type Observe, type Step, step } from "../../../../lambdas/core/step.ts";
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
    act: async (work, seen) => {
      await work.holdLock();
      acted.push(seen.kind);
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

  test("refuses an input that is not what the machine hands over", async () => {
    await expect(step(deployments, scripted(), deps)({ token: "t" })).rejects.toThrow(/execution/);
  });

  test("does not act for a generation that has passed", async () => {
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

  test("does not even believe what it sees without the lock", async () => {
    await giveLock(deps, execution, 2);
    await step(deployments, scripted({ kind: "done" }), deps)(invocation());
    expect(deps.machine.answers.get("token-1")).toMatchObject({ error: "LockNotHeld" });
  });

  test("runs a step again when AWS was not to be reached", async () => {
    const throttled = Object.assign(new Error("Rate exceeded"), { name: "ThrottlingException" });
    const failing: Step = { ...scripted(), observe: () => Promise.reject(throttled) };
    await expect(step(deployments, failing, deps)(invocation())).rejects.toMatchObject({ name: "AwsUnavailable" });
    expect(deps.machine.answers.size).toBe(0);
  });

  test("runs again when its failure could not be told", async () => {
    const unreachable = Object.assign(new Error("connect"), { code: "ECONNREFUSED" });
    const machine = Object.assign(deps.machine, { fail: () => Promise.reject(unreachable) });
    const failed = scripted({ kind: "failed", attempt: 0, error: new BuildFailed("npm test failed") });
    const told = step(deployments, failed, { ...deps, machine })(invocation());
    await expect(told).rejects.toMatchObject({ name: "AwsUnavailable" });
    const bug: Step = { ...failed, observe: () => Promise.reject(new TypeError("no")) };
    await expect(step(deployments, bug, { ...deps, machine })(invocation())).rejects.toMatchObject({
      name: "AwsUnavailable",
    });
  });

  test("fails at once, by AWS's name, on what does not pass", async () => {
    const denied = Object.assign(new Error("not authorized"), { name: "AccessDeniedException", $fault: "client" });
    await step(deployments, { ...scripted(), observe: () => Promise.reject(denied) }, deps)(invocation());
    expect(deps.machine.answers.get("token-1")).toEqual({ error: "AccessDeniedException", cause: "not authorized" });
  });

  test("acts when there is nothing, and keeps the token", async () => {
    const fresh = scripted({ kind: "absent" }, { kind: "running", waitKey });
    await step(deployments, fresh, deps)(invocation());
    expect(fresh.acted).toEqual(["absent"]);
    expect(await waiting()).toMatchObject([{ token: "token-1", step: "Build", deployment, attempt: 0 }]);
    expect(deps.machine.answers.size).toBe(0);
  });

  test("does not act when the effect runs already", async () => {
    const running = scripted({ kind: "running", waitKey });
    await step(deployments, running, deps)(invocation());
    expect(running.acted).toEqual([]);
    expect(await waiting()).toHaveLength(1);
  });

  test("answers when the effect ended while the token was being kept", async () => {
    await step(
      deployments,
      scripted({ kind: "running", waitKey }, { kind: "done", output: { a: 1 } }),
      deps,
    )(invocation());
    expect(deps.machine.answers.get("token-1")).toEqual({ output: { a: 1 } });
    expect(await waiting()).toEqual([]);
  });

  test("a heartbeat puts its token in the place of the one that ran out", async () => {
    const running = scripted({ kind: "running", waitKey });
    await step(deployments, running, deps)(invocation());
    await step(deployments, running, deps)(invocation({ token: "token-2" }));
    expect(await waiting()).toMatchObject([{ token: "token-2" }]);
  });

  test("leaves the token alone that a later attempt keeps under the same waitKey", async () => {
    const overtaken = scripted({ kind: "running", waitKey }, { kind: "done" });
    const observe: Step["observe"] = async (subject) => {
      const seen = await overtaken.observe(subject);
      const later = { token: "token-2", step: "Build", deployment, execution, attempt: 1 } as const;
      if (seen.kind === "done") await saveToken(deps.table, waitKey, later);
      return seen;
    };
    await step(deployments, { ...overtaken, observe }, deps)(invocation());
    expect(await waiting()).toMatchObject([{ token: "token-2" }]);
  });

  test("lets a step act that is stuck", async () => {
    const stuck = scripted({ kind: "stuck", waitKey, reason: "crashing" }, { kind: "running", waitKey });
    await step(deployments, stuck, deps)(invocation());
    expect(stuck.acted).toEqual(["stuck"]);
  });

  test("writes down a failure and says it in plain text", async () => {
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

  test("does not tell over an abort what the abort leaves behind", async () => {
    await step(deployments, scripted({ kind: "running", waitKey }), deps)(invocation());
    const failure = { step: "Build", error: "Aborted", cause: "by ada" };
    await deps.table.patch(deploymentKey(deployment), { status: "failed", failure });
    const error = new BuildFailed("the build was stopped");
    await settle(deps, { key: deploymentKey(deployment), step: "Build", token: "token-1" }, { kind: "failed", error });
    expect(await loadRecord(deps.table, deployment)).toMatchObject({ status: "failed", failure });
  });

  test("does again in a redrive what failed before it", async () => {
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
});
