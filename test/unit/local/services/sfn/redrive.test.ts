import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  ask,
  commonFunctions,
  invoke,
  pass,
  startStateMachines,
  type StateMachines,
  waitFor,
} from "#test/support/state-machine.ts";

const common = commonFunctions();
let sm: StateMachines;

beforeAll(async () => {
  sm = await startStateMachines(common.functions);
});
afterEach(async () => {
  common.clear();
  await sm.clear();
});
afterAll(() => sm.stop());

describe("a redrive", () => {
  it("runs the failed state again, with the same input and an incremented redrive count", async () => {
    const states = {
      A: invoke("echo", { Output: { from: "A" }, End: undefined, Next: "B" }),
      B: ask("ask", { HeartbeatSeconds: 60 }),
    };
    const arn = await sm.start(states, { n: 1 });
    await sm.reaches(arn, "TaskSubmitted");
    await sm.clock.advance(60);
    expect(await sm.ended(arn)).toMatchObject({ status: "FAILED", redriveStatus: "REDRIVABLE", redriveCount: 0 });
    const before = await sm.types(arn);
    await sm.clock.advance(1000);
    const { redriveDate } = await sm.redrive(arn);
    const [first = "", second = ""] = await common.waitForTokens(2);
    expect(
      common.asked.map(
        ({
          context: {
            Execution: { RedriveCount, RedriveTime },
          },
        }) => [RedriveCount, RedriveTime],
      ),
    ).toEqual([
      [0, undefined],
      [1, redriveDate?.toISOString()],
    ]);
    expect(common.asked[1]?.context.State).toEqual(common.asked[0]?.context.State);
    await expect(sm.succeed(first)).rejects.toMatchObject({ name: "TaskTimedOut" });
    await sm.succeed(second, "done");
    expect(await sm.ended(arn)).toMatchObject({ status: "SUCCEEDED", output: '"done"', redriveCount: 1, redriveDate });
    expect((await sm.types(arn)).slice(before.length)).toEqual([
      "ExecutionRedriven",
      "TaskScheduled",
      "TaskStarted",
      "TaskSubmitted",
      "TaskSucceeded",
      "TaskStateExited",
      "ExecutionSucceeded",
    ]);
  });

  it("resets retries and time limits", async () => {
    common.wrongs.push("Busy", "Busy", "Busy", "Busy");
    const Retry = [{ ErrorEquals: ["Busy"], IntervalSeconds: 30, MaxAttempts: 1 }];
    const arn = await sm.start({ A: invoke("fail", { Retry }) }, {}, { TimeoutSeconds: 40 });
    const fails = async () => {
      await waitFor(async () => {
        await sm.clock.advance(1);
        expect((await sm.describe(arn)).status).toBe("FAILED");
      });
    };
    await fails();
    await sm.redrive(arn);
    await fails();
    expect(common.wrongs).toEqual([]);
    await sm.redrive(arn);
    expect(await sm.outputOf(arn)).toEqual({ fine: true });
  });

  it("of a caught error is of no use: the Fail state fails again", async () => {
    common.wrongs.push("Broken");
    const states = {
      A: invoke("fail", { Catch: [{ ErrorEquals: ["States.ALL"], Next: "No" }] }),
      No: { Type: "Fail", Error: "No" },
    };
    const arn = await sm.start(states);
    await sm.ended(arn);
    await sm.redrive(arn);
    await sm.reaches(arn, "ExecutionFailed", 2);
    expect((await sm.types(arn)).slice(-3)).toEqual(["ExecutionRedriven", "FailStateEntered", "ExecutionFailed"]);
    expect(sm.lambda.calls).toHaveLength(1);
  });

  it("goes on with a wait that was stopped, to the moment it was to end at", async () => {
    const end = sm.after(100);
    const arn = await sm.start({ A: { Type: "Wait", Seconds: 100, End: true } });
    await sm.rests();
    await sm.cloud.call("sfn", "stopExecution", { executionArn: arn, error: "Stopped", cause: "by hand" }, sm.as);
    expect(await sm.describe(arn)).toMatchObject({ status: "ABORTED", error: "Stopped", cause: "by hand" });
    await sm.clock.advance(40);
    await sm.redrive(arn);
    await sm.clock.advance(60);
    expect(await sm.ended(arn)).toMatchObject({ status: "SUCCEEDED", stopDate: end });
  });

  it("with the same client token is one redrive", async () => {
    const arn = await sm.start({ A: { Type: "Fail", Error: "No" } });
    await sm.ended(arn);
    const first = await sm.redrive(arn, "once");
    await sm.reaches(arn, "ExecutionFailed", 2);
    await sm.clock.advance(60);
    expect(await sm.redrive(arn, "once")).toEqual(first);
    expect((await sm.describe(arn)).redriveCount).toBe(1);
  });

  it.each<[string, (arn: string) => Promise<unknown>, Record<string, object>]>([
    ["RUNNING and", async () => undefined, { A: { Type: "Wait", Seconds: 10, End: true } }],
    ["SUCCEEDED and", (arn) => sm.ended(arn), { A: pass() }],
    [
      "exceeded the redrivable period and",
      async (arn) => {
        await sm.ended(arn);
        await sm.clock.advance(14 * 86_400 + 1);
      },
      { A: { Type: "Fail" } },
    ],
  ])("is refused when the execution is or has %s cannot", async (reason, prepare, states) => {
    const arn = await sm.start(states);
    await prepare(arn);
    const error = { name: "ExecutionNotRedrivable", message: expect.stringContaining(`${reason} cannot be redriven`) };
    await expect(sm.redrive(arn)).rejects.toMatchObject(error);
    expect(await sm.describe(arn)).toMatchObject({ redriveStatus: "NOT_REDRIVABLE" });
  });
});
