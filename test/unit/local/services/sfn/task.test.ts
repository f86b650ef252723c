import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  ask,
  commonFunctions,
  functionArn,
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

describe("a task", () => {
  it("gives the function's result, as AWS wraps it", async () => {
    const arn = await sm.start({ A: invoke("echo", { Output: "{% $states.result %}" }) }, { x: 1 });
    expect(await sm.outputOf(arn)).toEqual({ ExecutedVersion: "$LATEST", Payload: { x: 1 }, StatusCode: 200 });
    expect(sm.lambda.calls[0]?.principal).toMatchObject({ kind: "role", roleArn: sm.local.roleArn("machine") });
  });

  it("takes the ARN of a function as its resource", async () => {
    const arn = await sm.start({ A: { Type: "Task", Resource: functionArn("echo"), End: true } }, { x: 1 });
    expect(await sm.outputOf(arn)).toEqual({ x: 1 });
    expect((await sm.types(arn)).slice(2, 5)).toEqual([
      "LambdaFunctionScheduled",
      "LambdaFunctionStarted",
      "LambdaFunctionSucceeded",
    ]);
  });

  it("fails with the errorType of the function, and Lambda's response as the cause", async () => {
    common.wrongs.push("BuildFailed");
    const arn = await sm.start({ A: invoke("fail") });
    const cause = JSON.stringify({ errorType: "BuildFailed", errorMessage: "it went wrong", trace: [] });
    expect(await sm.ended(arn)).toMatchObject({ status: "FAILED", error: "BuildFailed", cause });
    expect((await sm.history(arn)).at(-2)).toMatchObject({
      type: "TaskFailed",
      taskFailedEventDetails: { resourceType: "lambda", resource: "invoke", error: "BuildFailed", cause },
    });
  });

  it("fails when Lambda refuses, with Lambda's name for it", async () => {
    expect(await sm.ended(await sm.start({ A: invoke("nowhere") }))).toMatchObject({
      error: "Lambda.ResourceNotFoundException",
    });
  });

  it("takes no answer from an attempt that is over", async () => {
    const answers: ((value: unknown) => void)[] = [];
    sm.lambda.functions.slow = () => new Promise((resolve) => answers.push(resolve));
    const Retry = [{ ErrorEquals: ["States.Timeout"], IntervalSeconds: 5 }];
    const arn = await sm.start({ A: invoke("slow", { TimeoutSeconds: 30, Retry }) });
    await sm.rests();
    await sm.clock.advance(30);
    await sm.reaches(arn, "TaskTimedOut");
    await sm.clock.advance(5);
    await waitFor(() => expect(answers).toHaveLength(2));
    answers[0]?.("first");
    await waitFor(() => new Promise((resolve) => setImmediate(resolve)));
    answers[1]?.("second");
    expect(await sm.outputOf(arn)).toBe("second");
  });

  it("ends at its time limit", async () => {
    const arn = await sm.start({ A: invoke("hang", { TimeoutSeconds: 30 }) });
    await sm.rests();
    await sm.clock.advance(30);
    expect(await sm.ended(arn)).toMatchObject({ status: "FAILED", error: "States.Timeout" });
    expect((await sm.types(arn)).slice(-2)).toEqual(["TaskTimedOut", "ExecutionFailed"]);
  });
});

describe("a retry", () => {
  const retry = (rest: object) => [{ ErrorEquals: ["Busy"], ...rest }];
  /** Seconds from one failure to the next attempt. */
  const pauses = async (arn: string) => {
    const events = await sm.history(arn);
    const times = (type: string) =>
      events.filter((event) => event.type === type).map(({ timestamp }) => Number(timestamp));
    return times("TaskScheduled")
      .slice(1)
      .map((time, index) => (time - (times("TaskFailed")[index] ?? 0)) / 1000);
  };
  it("backs off, and stops growing at MaxDelaySeconds", async () => {
    common.wrongs.push("Busy", "Busy", "Busy", "Busy");
    const Retry = retry({ IntervalSeconds: 1, BackoffRate: 3, MaxAttempts: 4, MaxDelaySeconds: 8 });
    const arn = await sm.start({ A: invoke("fail", { Retry }) });
    expect(await sm.through(arn)).toMatchObject({ status: "SUCCEEDED", output: '{"fine":true}' });
    expect(await pauses(arn)).toEqual([1, 3, 8, 8]);
    expect((await sm.types(arn)).filter((type) => type === "TaskStateEntered")).toHaveLength(1);
  });

  it("gives up after MaxAttempts, 3 if nothing is said", async () => {
    common.wrongs.push("Busy", "Busy", "Busy", "Busy", "Busy");
    const arn = await sm.start({ A: invoke("fail", { Retry: retry({}) }) });
    expect(await sm.through(arn)).toMatchObject({ status: "FAILED", error: "Busy" });
    expect(await pauses(arn)).toEqual([1, 2, 4]);
  });

  it("counts each rule by itself", async () => {
    common.wrongs.push("Busy", "Late", "Busy", "Busy");
    const Retry = [
      { ErrorEquals: ["Busy"], MaxAttempts: 2, BackoffRate: 1 },
      { ErrorEquals: ["Late"], MaxAttempts: 1 },
    ];
    const arn = await sm.start({ A: invoke("fail", { Retry }) });
    expect(await sm.through(arn)).toMatchObject({ status: "FAILED", error: "Busy" });
    expect(common.wrongs).toEqual([]);
  });

  it("with full jitter waits for a part of the interval", async () => {
    common.wrongs.push("Busy", "Busy", "Busy");
    const Retry = retry({ IntervalSeconds: 100, BackoffRate: 1, MaxAttempts: 3, JitterStrategy: "FULL" });
    const arn = await sm.start({ A: invoke("fail", { Retry }) });
    await sm.through(arn);
    const waits = await pauses(arn);
    expect(Math.max(...waits)).toBeLessThan(100);
    expect(new Set(waits).size).toBe(3);
  });
});

describe("a catch", () => {
  it("leads on with the error, or with its own Output and Assign", async () => {
    common.wrongs.push("Denied", "Denied");
    const states = {
      A: invoke("fail", { Next: "C", End: undefined, Catch: [{ ErrorEquals: ["Denied"], Next: "B" }] }),
      B: invoke("fail", {
        Catch: [
          {
            ErrorEquals: ["States.ALL"],
            Next: "C",
            Output: { before: "{% $states.input.Error %}", name: "{% $states.errorOutput.Error %}" },
            Assign: { cause: "{% $parse($states.errorOutput.Cause).errorMessage %}" },
          },
        ],
      }),
      C: pass({ Output: { in: "{% $states.input %}", cause: "{% $cause %}" }, End: true }),
    };
    expect(await sm.outputOf(await sm.start(states))).toEqual({
      in: { before: "Denied", name: "Denied" },
      cause: "it went wrong",
    });
  });

  it("takes a query that fails, too", async () => {
    const Catch = [{ ErrorEquals: ["States.QueryEvaluationError"], Next: "B" }];
    const states = { A: invoke("echo", { Output: "{% $states.result.no %}", Catch }), B: pass() };
    expect(await sm.outputOf(await sm.start(states))).toMatchObject({ Error: "States.QueryEvaluationError" });
  });
});

describe("a task that waits for its token", () => {
  it("succeeds with the output of the callback", async () => {
    const arn = await sm.start({ A: ask("ask") });
    await sm.reaches(arn, "TaskSubmitted");
    await sm.succeed(common.asked[0]?.token ?? "", { yes: 1 });
    expect(await sm.outputOf(arn)).toEqual({ yes: 1 });
  });

  it("succeeds before its function has returned", async () => {
    sm.lambda.functions.early = async ({ event }) => {
      await sm.succeed((event as { token: string }).token, { early: true });
    };
    const arn = await sm.start({ A: ask("early") });
    expect(await sm.outputOf(arn)).toEqual({ early: true });
    expect(await sm.types(arn)).not.toContain("TaskSubmitted");
  });

  it("fails with the error of the callback", async () => {
    const arn = await sm.start({ A: ask("ask") });
    const [token = ""] = await common.waitForTokens(1);
    const answer = { taskToken: token, error: "Rejected", cause: "by hand" };
    await sm.cloud.call("sfn", "sendTaskFailure", answer, sm.as);
    expect(await sm.ended(arn)).toMatchObject({ status: "FAILED", error: "Rejected", cause: "by hand" });
  });

  it("fails when its function does", async () => {
    common.wrongs.push("Broken");
    expect(await sm.ended(await sm.start({ A: ask("fail") }))).toMatchObject({ error: "Broken" });
  });

  it("waits on as long as heartbeats come, and is then retried with another token", async () => {
    const Retry = [{ ErrorEquals: ["States.HeartbeatTimeout"], IntervalSeconds: 5, MaxAttempts: 1 }];
    const arn = await sm.start({ A: ask("ask", { HeartbeatSeconds: "{% 60 %}", Retry }) });
    await sm.reaches(arn, "TaskSubmitted");
    for (let beat = 0; beat < 3; beat++) {
      await sm.clock.advance(50);
      await sm.cloud.call("sfn", "sendTaskHeartbeat", { taskToken: common.asked[0]?.token ?? "" }, sm.as);
    }
    expect(await sm.types(arn)).not.toContain("TaskTimedOut");
    await sm.clock.advance(60);
    await sm.reaches(arn, "TaskTimedOut");
    await sm.clock.advance(5);
    const [first = "", second = ""] = await common.waitForTokens(2);
    expect(first).not.toBe(second);
    expect(common.asked.map(({ context }) => context.State.RetryCount)).toEqual([0, 1]);
    await expect(sm.succeed(first)).rejects.toMatchObject({ name: "TaskTimedOut" });
    await sm.succeed(second, "second");
    expect(await sm.outputOf(arn)).toBe("second");
  });

  it("waits on after a restart for the same token, and its function is not called again", async () => {
    const other = await startStateMachines(common.functions);
    const arn = await other.start({ A: ask("ask", { HeartbeatSeconds: 60 }) });
    await other.reaches(arn, "TaskSubmitted");
    await other.local.detach();
    const { directory } = other.local;
    const next = await startStateMachines(common.functions, { directory });
    await next.rests();
    await next.succeed(common.asked[0]?.token ?? "", "answered");
    expect(await next.outputOf(arn)).toBe("answered");
    expect(common.asked).toHaveLength(1);
    await next.stop();
  });

  it("refuses a second answer, a made-up token and output that is no JSON", async () => {
    const arn = await sm.start({ A: ask("ask") });
    const [taskToken = ""] = await common.waitForTokens(1);
    await expect(sm.cloud.call("sfn", "sendTaskSuccess", { taskToken, output: "{" }, sm.as)).rejects.toMatchObject({
      name: "InvalidOutput",
    });
    await sm.succeed(taskToken);
    await expect(sm.succeed(taskToken)).rejects.toMatchObject({ name: "TaskTimedOut" });
    await expect(sm.succeed("made-up")).rejects.toMatchObject({ name: "InvalidToken" });
    const elsewhere = Buffer.from(JSON.stringify([`${arn}x`, "root", "secret"])).toString("base64");
    await expect(sm.succeed(elsewhere)).rejects.toMatchObject({ name: "TaskDoesNotExist" });
  });
});
