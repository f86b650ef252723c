import {
  CreateStateMachineCommand,
  type CreateStateMachineCommandInput,
  DeleteStateMachineCommand,
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  DescribeStateMachineForExecutionCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  ListTagsForResourceCommand,
  RedriveExecutionCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
  type StartExecutionCommandInput,
  StopExecutionCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateStateMachineCommand,
  ValidateStateMachineDefinitionCommand,
} from "@aws-sdk/client-sfn";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { eventbridge } from "#local/services/eventbridge/index.ts";
import { sfn } from "#local/services/sfn/index.ts";
import { startTestCloud, type TestCloud } from "#test/support/local-cloud.ts";
import { scriptedLambda } from "#test/support/scripted-lambda.ts";
import { ask, functionArn, invoke } from "#test/support/state-machine.ts";

const allow = (...Action: string[]) => ({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action, Resource: "*" }],
});
const machineArn = (name: string) => `arn:aws:states:eu-central-1:123456789012:stateMachine:${name}`;
const executionArn = (name: string, execution: string) =>
  `arn:aws:states:eu-central-1:123456789012:execution:${name}:${execution}`;

let local: TestCloud;
let client: SFNClient;
const tokens: string[] = [];
const changes: { status: string; redriveCount: number }[] = [];
const lambda = scriptedLambda({
  double: ({ event }) => ({ doubled: (event as { n: number }).n * 2 }),
  keep: ({ event }) => void tokens.push((event as { token: string }).token),
  listen: ({ event }) => void changes.push((event as { detail: (typeof changes)[number] }).detail),
});

beforeAll(async () => {
  const answer = {
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: "states:SendTaskSuccess", Resource: machineArn("asked") }],
  };
  const roles = { machine: allow("lambda:InvokeFunction"), bare: allow("none:None"), answer };
  const services = [lambda.service, sfn, eventbridge];
  local = await startTestCloud({ services, roles, speed: 100 });
  client = local.client(SFNClient);
});
afterAll(() => local.stop());

const textOf = (States: object, more: object = {}) =>
  JSON.stringify({ QueryLanguage: "JSONata", StartAt: Object.keys(States)[0], States, ...more });
const done = textOf({ Done: { Type: "Succeed" } });
const create = (name: string, definition: string, more: Partial<CreateStateMachineCommandInput> = {}) =>
  client.send(new CreateStateMachineCommand({ name, roleArn: local.roleArn("machine"), definition, ...more }));
const start = (machine: string, more: Partial<StartExecutionCommandInput> = {}) =>
  client.send(new StartExecutionCommand({ stateMachineArn: machineArn(machine), ...more }));
const ended = (arn: string | undefined) =>
  vi.waitFor(
    async () => {
      const execution = await client.send(new DescribeExecutionCommand({ executionArn: arn }));
      expect(execution.status).not.toBe("RUNNING");
      return execution;
    },
    { timeout: 5000, interval: 10 },
  );

describe("a state machine", () => {
  it("runs a task, a token, a wait and a choice, and its history is AWS's", async () => {
    const states = {
      Double: invoke("double", { End: undefined, Next: "Ask", Assign: { d: "{% $states.result.Payload.doubled %}" } }),
      Ask: ask("keep", {
        Arguments: { FunctionName: functionArn("keep"), Payload: { token: "{% $states.context.Task.Token %}" } },
        End: undefined,
        Next: "Pause",
        HeartbeatSeconds: 60,
        TimeoutSeconds: 600,
      }),
      Pause: { Type: "Wait", Seconds: 1, Next: "Which" },
      Which: { Type: "Choice", Choices: [{ Condition: "{% $d = 42 %}", Next: "Done" }] },
      Done: { Type: "Succeed", Output: { d: "{% $d %}", answer: "{% $states.input %}" } },
    };
    await create("whole", textOf(states));
    const { executionArn: arn } = await start("whole", { input: '{"n":21}' });
    const history = () => client.send(new GetExecutionHistoryCommand({ executionArn: arn }));
    await vi.waitFor(async () => {
      const { events = [] } = await history();
      expect(events.map(({ type }) => type)).toContain("TaskSubmitted");
    });
    await client.send(new SendTaskSuccessCommand({ taskToken: tokens[0], output: '{"yes":true}' }));
    expect(await ended(arn)).toMatchObject({ status: "SUCCEEDED", output: '{"d":42,"answer":{"yes":true}}' });
    const { events = [] } = await history();
    const shown = events.map(({ timestamp, ...event }) => {
      expect(timestamp).toBeInstanceOf(Date);
      return JSON.stringify(event)
        .replaceAll(tokens[0] ?? "", "TOKEN")
        .replaceAll(/\\?"arn:[^"\\]+\\?"/g, "ARN");
    });
    expect(shown).toMatchSnapshot();
  });

  it("is described, listed, changed and deleted", async () => {
    const { stateMachineArn } = await create("plain", done, { tags: [{ key: "a", value: "1" }] });
    expect(stateMachineArn).toBe(machineArn("plain"));
    const described = await client.send(new DescribeStateMachineCommand({ stateMachineArn }));
    expect(described).toMatchObject({ name: "plain", status: "ACTIVE", type: "STANDARD", definition: done });
    expect(described.loggingConfiguration).toEqual({ level: "OFF", includeExecutionData: false });
    expect(described.revisionId).toBeUndefined();
    const { stateMachines } = await client.send(new ListStateMachinesCommand());
    expect(stateMachines?.map(({ name }) => name)).toContain("plain");
    const { revisionId } = await client.send(
      new UpdateStateMachineCommand({ stateMachineArn, roleArn: local.roleArn("bare") }),
    );
    const changed = await client.send(new DescribeStateMachineCommand({ stateMachineArn }));
    expect(changed).toMatchObject({ roleArn: local.roleArn("bare"), revisionId, definition: done });
    await client.send(new TagResourceCommand({ resourceArn: stateMachineArn, tags: [{ key: "b", value: "2" }] }));
    await client.send(new UntagResourceCommand({ resourceArn: stateMachineArn, tagKeys: ["a"] }));
    const { tags } = await client.send(new ListTagsForResourceCommand({ resourceArn: stateMachineArn }));
    expect(tags).toEqual([{ key: "b", value: "2" }]);
    await client.send(new DeleteStateMachineCommand({ stateMachineArn }));
    await expect(start("plain")).rejects.toMatchObject({ name: "StateMachineDoesNotExist" });
  });

  it("is the same when it is created twice, and another with anything else", async () => {
    const first = await create("twice", done);
    expect((await create("twice", done)).creationDate).toEqual(first.creationDate);
    await expect(create("twice", textOf({ Other: { Type: "Succeed" } }))).rejects.toMatchObject({
      name: "StateMachineAlreadyExists",
    });
  });

  it("that is changed does not change the executions that run", async () => {
    const wait = textOf({ Wait: { Type: "Wait", Seconds: 5, End: true } });
    const { stateMachineArn } = await create("changing", wait);
    const { executionArn: arn } = await start("changing");
    await client.send(new UpdateStateMachineCommand({ stateMachineArn, definition: done }));
    await ended(arn);
    const machine = await client.send(new DescribeStateMachineForExecutionCommand({ executionArn: arn }));
    expect(machine).toMatchObject({ definition: wait, name: "changing" });
    const { events } = await client.send(new GetExecutionHistoryCommand({ executionArn: arn }));
    expect(events?.[1]?.type).toBe("WaitStateEntered");
  });

  it.each<[string, Partial<CreateStateMachineCommandInput>, object]>([
    ["a definition that is none", { definition: "{" }, { name: "InvalidDefinition" }],
    [
      "JSONPath",
      { definition: '{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}' },
      {
        name: "InvalidDefinition",
        message: expect.stringMatching(
          /^Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: The query language JSONPath is not supported by the local cloud/,
        ),
      },
    ],
    ["type EXPRESS", { type: "EXPRESS" }, { name: "StateMachineTypeNotSupported" }],
    ["a name with a space", { name: "a b" }, { name: "InvalidName" }],
    [
      "a role that does not trust Step Functions",
      { roleArn: "arn:aws:iam::123456789012:role/none" },
      { name: "AccessDeniedException" },
    ],
    ["a version", { publish: true }, { name: "ValidationException" }],
  ])("is refused with %s", async (_story, input, error) => {
    await expect(create("refused", done, input)).rejects.toMatchObject(error);
  });

  it("is validated without being created", async () => {
    const validate = (definition: string) => client.send(new ValidateStateMachineDefinitionCommand({ definition }));
    expect(await validate(done)).toMatchObject({ result: "OK", diagnostics: [] });
    expect(await validate(textOf({ A: { Type: "Pass", Output: "{% ( %}", End: true } }))).toMatchObject({
      result: "FAIL",
      diagnostics: [{ severity: "ERROR", code: "SCHEMA_VALIDATION_FAILED", location: "/States/A/Output" }],
    });
  });
});

describe("StartExecution", () => {
  const waiting = textOf({ Wait: { Type: "Wait", Seconds: 50_000, End: true } });

  it("is the same execution for the same name and input while it runs", async () => {
    await create("named", waiting);
    const first = await start("named", { name: "one", input: '{"a":1}' });
    expect(first.executionArn).toBe(executionArn("named", "one"));
    const again = await start("named", { name: "one", input: '{"a":1}' });
    expect(again).toMatchObject({ executionArn: first.executionArn, startDate: first.startDate });
    const error = { name: "ExecutionAlreadyExists", message: `Execution Already Exists: '${first.executionArn}'` };
    await expect(start("named", { name: "one", input: '{"a":2}' })).rejects.toMatchObject(error);
    await client.send(new StopExecutionCommand({ executionArn: first.executionArn }));
    await expect(start("named", { name: "one", input: '{"a":1}' })).rejects.toMatchObject(error);
  });

  it.each<[string, Partial<StartExecutionCommandInput>, string]>([
    ["a name with a colon", { name: "a:b" }, "InvalidName"],
    ["a name of 81 characters", { name: "a".repeat(81) }, "InvalidName"],
    ["input that is no JSON", { input: "{" }, "InvalidExecutionInput"],
    ["empty input", { input: "" }, "InvalidExecutionInput"],
    ["input over 256 KiB", { input: JSON.stringify("a".repeat(262_144)) }, "ValidationException"],
    ["a machine that is not there", { stateMachineArn: machineArn("none") }, "StateMachineDoesNotExist"],
    ["an ARN of something else", { stateMachineArn: functionArn("f") }, "InvalidArn"],
  ])("refuses %s", async (_story, input, name) => {
    await expect(start("named", input)).rejects.toMatchObject({ name });
  });

  it("lists what it started, the newest first, page by page and by status", async () => {
    await create(
      "listed",
      textOf({
        Which: { Type: "Choice", Choices: [{ Condition: "{% $states.input = 1 %}", Next: "Done" }] },
        Done: { Type: "Succeed" },
      }),
    );
    for (const input of ["1", "2", "1"]) {
      await ended((await start("listed", { input, name: `n${input}-${Math.random()}`.slice(0, 20) })).executionArn);
    }
    const list = (more: object) =>
      client.send(new ListExecutionsCommand({ stateMachineArn: machineArn("listed"), ...more }));
    const all = (await list({})).executions ?? [];
    const dates = all.map(({ startDate }) => Number(startDate));
    expect(dates).toEqual(dates.toSorted((a, b) => b - a));
    await expect(list({ maxResults: 1001 })).rejects.toMatchObject({ name: "ValidationException" });
    const first = await list({ maxResults: 2 });
    const second = await list({ maxResults: 2, nextToken: first.nextToken });
    expect([...(first.executions ?? []), ...(second.executions ?? [])]).toEqual(all);
    expect(second.nextToken).toBeUndefined();
    expect((await list({ statusFilter: "FAILED" })).executions).toHaveLength(1);
    await expect(list({ nextToken: "bm9uZQ" })).rejects.toMatchObject({ name: "InvalidToken" });
  });
});

describe("GetExecutionHistory", () => {
  it("pages forwards and backwards, and leaves execution data out when asked", async () => {
    await create("history", textOf({ A: { Type: "Pass", Next: "B" }, B: { Type: "Succeed" } }));
    const { executionArn: arn } = await start("history", { input: '{"secret":1}' });
    await ended(arn);
    const read = async (more: object): Promise<(number | undefined)[]> => {
      const { events = [], nextToken } = await client.send(
        new GetExecutionHistoryCommand({ executionArn: arn, maxResults: 4, ...more }),
      );
      const ids = events.map(({ id }) => id);
      return nextToken === undefined ? ids : [...ids, ...(await read({ ...more, nextToken }))];
    };
    expect(await read({})).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await read({ reverseOrder: true })).toEqual([6, 5, 4, 3, 2, 1]);
    const { events } = await client.send(
      new GetExecutionHistoryCommand({ executionArn: arn, includeExecutionData: false }),
    );
    expect(JSON.stringify(events)).not.toContain("secret");
    expect(events?.[1]?.stateEnteredEventDetails).toEqual({ name: "A" });
  });

  it("knows no execution that is not there", async () => {
    const none = { executionArn: executionArn("history", "none") };
    await expect(client.send(new GetExecutionHistoryCommand(none))).rejects.toMatchObject({
      name: "ExecutionDoesNotExist",
    });
    await expect(client.send(new DescribeExecutionCommand({ executionArn: "a" }))).rejects.toMatchObject({
      name: "InvalidArn",
    });
  });
});

describe("permissions", () => {
  it("of the state machine's role are those of its tasks", async () => {
    await create("denied", textOf({ A: invoke("double") }), { roleArn: local.roleArn("bare") });
    expect(await ended((await start("denied")).executionArn)).toMatchObject({ error: "Lambda.AccessDeniedException" });
  });

  it("to answer a token are those on the state machine", async () => {
    for (const name of ["asked", "other"]) await create(name, textOf({ A: ask("keep") }));
    const answer = local.client(SFNClient, "answer");
    tokens.length = 0;
    await start("asked");
    await start("other");
    await vi.waitFor(() => expect(tokens).toHaveLength(2));
    const answers = tokens.map((taskToken) => answer.send(new SendTaskSuccessCommand({ taskToken, output: "1" })));
    const results = await Promise.allSettled(answers);
    expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    await expect(
      answer.send(new RedriveExecutionCommand({ executionArn: executionArn("asked", "a") })),
    ).rejects.toMatchObject({
      name: "AccessDeniedException",
    });
  });
});

it("emits an event for every status change", async () => {
  const { cloud } = local;
  const as = { as: { service: "eventbridge" } } as const;
  const EventPattern = JSON.stringify({
    source: ["aws.states"],
    detail: { stateMachineArn: [machineArn("observed")] },
  });
  await cloud.call("eventbridge", "putRule", { Name: "observed", EventPattern }, as);
  await cloud.call(
    "eventbridge",
    "putTargets",
    { Rule: "observed", Targets: [{ Id: "1", Arn: functionArn("listen") }] },
    as,
  );
  await create("observed", textOf({ A: { Type: "Fail", Error: "No", Cause: "because" } }));
  const { executionArn: arn } = await start("observed", { name: "one" });
  await ended(arn);
  await client.send(new RedriveExecutionCommand({ executionArn: arn }));
  await vi.waitFor(() => expect(changes).toHaveLength(4));
  expect(changes.map(({ status, redriveCount }) => `${status} ${redriveCount}`).sort()).toEqual([
    "FAILED 0",
    "FAILED 1",
    "RUNNING 0",
    "RUNNING 1",
  ]);
  expect(changes.find(({ status, redriveCount }) => status === "FAILED" && redriveCount === 1)).toEqual({
    executionArn: arn,
    stateMachineArn: machineArn("observed"),
    name: "one",
    status: "FAILED",
    startDate: expect.any(Number),
    stopDate: expect.any(Number),
    input: "{}",
    output: null,
    stateMachineVersionArn: null,
    stateMachineAliasArn: null,
    redriveCount: 1,
    redriveDate: expect.any(Number),
    redriveStatus: "REDRIVABLE",
    redriveStatusReason: null,
    inputDetails: { included: true },
    outputDetails: null,
    error: "No",
    cause: "because",
  });
});
