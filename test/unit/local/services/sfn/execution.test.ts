import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { commonFunctions, invoke, pass, startStateMachines, type StateMachines } from "#test/support/state-machine.ts";

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

describe("data", () => {
  it("goes from state to state, by Output where there is one", async () => {
    const states = {
      A: pass({ Output: { n: "{% $states.input.n + 1 %}", list: ["{% $states.input.n %}", "plain"] }, Next: "B" }),
      B: pass(),
    };
    expect(await sm.outputOf(await sm.start(states, { n: 1 }))).toEqual({ n: 2, list: [1, "plain"] });
  });

  it("is assigned to variables that the next state sees", async () => {
    const states = {
      A: pass({ Assign: { a: 1, b: "{% $states.input.x %}" }, Next: "B" }),
      B: pass({ Assign: { a: "{% $a + 1 %}", seen: "{% $a %}" }, Next: "C" }),
      C: pass({ Output: { a: "{% $a %}", b: "{% $b %}", seen: "{% $seen %}" }, End: true }),
    };
    expect(await sm.outputOf(await sm.start(states, { x: "y" }))).toEqual({ a: 2, b: "y", seen: 1 });
  });

  it("provides the context", async () => {
    const now = sm.after(0).toISOString();
    const arn = await sm.start({ A: pass({ Output: "{% $states.context %}", End: true }) }, { x: 1 });
    const machine = arn.split(":")[6];
    expect(await sm.outputOf(arn)).toEqual({
      Execution: {
        Id: arn,
        Input: { x: 1 },
        Name: "execution",
        RoleArn: sm.local.roleArn("machine"),
        StartTime: now,
        RedriveCount: 0,
      },
      StateMachine: { Id: arn.replace("execution:", "stateMachine:").replace(":execution", ""), Name: machine },
      State: { Name: "A", EnteredTime: now },
    });
  });

  it("that an expression does not find fails the execution in AWS's words", async () => {
    const arn = await sm.start({
      A: pass({ Next: "B" }),
      B: pass({ Output: { a: ["{% $states.input.no %}"] }, End: true }),
    });
    const cause =
      "An error occurred while executing the state 'B' (entered at the event id #4). The JSONata expression '$states.input.no' specified for the field 'Output/a[0]' returned nothing (undefined).";
    expect(await sm.ended(arn)).toMatchObject({ status: "FAILED", error: "States.QueryEvaluationError", cause });
    expect((await sm.history(arn)).at(-2)).toMatchObject({
      type: "EvaluationFailed",
      evaluationFailedEventDetails: {
        error: "States.QueryEvaluationError",
        cause,
        location: "Output/a[0]",
        state: "B",
      },
    });
  });

  it("beyond 256 KiB fails the task, and States.ALL does not catch it", async () => {
    const Catch = [{ ErrorEquals: ["States.ALL"], Next: "Never" }];
    const arn = await sm.start({ A: invoke("big", { Catch }), Never: pass() });
    expect(await sm.ended(arn)).toMatchObject({ status: "FAILED", error: "States.DataLimitExceeded" });
    expect(await sm.types(arn)).toContain("TaskFailed");
  });

  it("beyond 256 KiB in a variable fails the state", async () => {
    const arn = await sm.start({ A: pass({ Assign: { big: "{% $join([1..99999].('abc')) %}" }, End: true }) });
    expect(await sm.ended(arn)).toMatchObject({ error: "States.DataLimitExceeded" });
  });
});

describe("a choice", () => {
  const choice = (rest: object = {}) => ({
    Which: {
      Type: "Choice",
      Choices: [
        { Condition: "{% $states.input.n > 10 %}", Next: "Big", Output: { big: true }, Assign: { v: "big" } },
        { Condition: "{% $states.input.n > 5 %}", Next: "Big" },
      ],
      ...rest,
    },
    Big: pass(),
    Small: pass(),
  });

  it("takes the first rule that holds, with its Output", async () => {
    expect(await sm.outputOf(await sm.start(choice({ Default: "Small" }), { n: 11 }))).toEqual({ big: true });
  });
  it("takes Default when none holds", async () => {
    const arn = await sm.start(choice({ Default: "Small" }), { n: 1 });
    await sm.ended(arn);
    expect((await sm.history(arn)).at(-2)?.stateExitedEventDetails?.name).toBe("Small");
  });
  it("fails without Default when none holds", async () => {
    const states = choice();
    expect(await sm.ended(await sm.start({ Which: states.Which, Big: states.Big }, { n: 1 }))).toMatchObject({
      error: "States.NoChoiceMatched",
    });
  });
  it("fails when a condition is no boolean", async () => {
    const Choices = [{ Condition: "{% 'yes' %}", Next: "A" }];
    const arn = await sm.start({ Which: { Type: "Choice", Choices, Default: "A" }, A: pass() });
    expect(await sm.ended(arn)).toMatchObject({
      error: "States.QueryEvaluationError",
      cause: expect.stringContaining("'Choices[0]/Condition' returned an unexpected result type. Expected 'boolean'"),
    });
  });
});

describe("a wait", () => {
  it.each<[string, () => object]>([
    ["for seconds", () => ({ Seconds: 90 })],
    ["for computed seconds", () => ({ Seconds: "{% 60 + 30 %}" })],
    ["until a moment", () => ({ Timestamp: sm.after(90).toISOString() })],
  ])("lasts %s", async (_story, lasting) => {
    const [rest, end] = [lasting(), sm.after(90)];
    const arn = await sm.start({ A: { Type: "Wait", ...rest, End: true } });
    await sm.reaches(arn, "WaitStateEntered");
    await sm.rests();
    await sm.clock.advance(89);
    expect((await sm.describe(arn)).status).toBe("RUNNING");
    await sm.clock.advance(1);
    expect(await sm.ended(arn)).toMatchObject({ status: "SUCCEEDED", stopDate: end });
  });

  it("for no number fails", async () => {
    const arn = await sm.start({ A: { Type: "Wait", Seconds: "{% 'a while' %}", End: true } });
    expect(await sm.ended(arn)).toMatchObject({ error: "States.QueryEvaluationError" });
  });
});

it("fails in a Fail state with what it computes", async () => {
  const arn = await sm.start(
    { A: { Type: "Fail", Error: "Mine", Cause: "{% 'n is ' & $states.input.n %}" } },
    { n: 1 },
  );
  expect(await sm.ended(arn)).toMatchObject({ status: "FAILED", error: "Mine", cause: "n is 1" });
  expect(await sm.types(arn)).toEqual(["ExecutionStarted", "FailStateEntered", "ExecutionFailed"]);
});

it("times out as a whole", async () => {
  const arn = await sm.start({ A: { Type: "Wait", Seconds: 100, End: true } }, {}, { TimeoutSeconds: 50 });
  await sm.rests();
  await sm.clock.advance(50);
  expect(await sm.ended(arn)).toMatchObject({ status: "TIMED_OUT", error: "States.Timeout" });
});

it("fails when its history is full", async () => {
  const states = { A: pass({ Next: "B" }), B: pass({ Next: "A" }), C: pass() };
  const arn = await sm.start({
    ...states,
    B: { Type: "Choice", Choices: [{ Condition: "{% false %}", Next: "C" }], Default: "A" },
  });
  await expect.poll(async () => (await sm.describe(arn)).status, { timeout: 60_000 }).toBe("FAILED");
  expect(await sm.describe(arn)).toMatchObject({
    error: "States.Runtime",
    cause: "The execution reached the maximum number of history events (25000).",
    redriveStatus: "NOT_REDRIVABLE",
  });
  const page = { executionArn: arn, reverseOrder: true, maxResults: 2 };
  const { events } = await sm.cloud.call("sfn", "getExecutionHistory", page, sm.as);
  expect(events?.map(({ id }) => id)).toEqual([25_000, 24_999]);
}, 90_000);
