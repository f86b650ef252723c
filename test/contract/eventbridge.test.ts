import {
  DeleteRuleCommand,
  DescribeRuleCommand,
  DisableRuleCommand,
  EnableRuleCommand,
  EventBridgeClient,
  ListRuleNamesByTargetCommand,
  ListRulesCommand,
  ListTargetsByRuleCommand,
  PutEventsCommand,
  PutRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
  TestEventPatternCommand,
  type Target,
} from "@aws-sdk/client-eventbridge";
import { CreateStateMachineCommand, ListExecutionsCommand, SFNClient } from "@aws-sdk/client-sfn";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { manualClock } from "#local/kernel/index.ts";
import { eventbridge } from "#local/services/eventbridge/index.ts";
import { sfn } from "#local/services/sfn/index.ts";
import { startTestCloud, type TestCloud, type TestCloudOptions } from "#test/support/local-cloud.ts";
import { scriptedLambda } from "#test/support/scripted-lambda.ts";

const region = "eu-central-1";
const functionArn = (name: string) => `arn:aws:lambda:${region}:123456789012:function:${name}`;
const allow = (Action: string) => ({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, Resource: "*" }] });
const machineArn = `arn:aws:states:${region}:123456789012:stateMachine:listener`;

let local: TestCloud;
let client: EventBridgeClient;
let heard: unknown[];
let failures: number;
let lambda: ReturnType<typeof scriptedLambda>;

const start = async (options: Partial<TestCloudOptions> = {}) => {
  const roles = { machine: allow("*"), starter: allow("states:StartExecution"), denied: allow("none:None") };
  local = await startTestCloud({ services: [lambda.service, sfn, eventbridge], roles, ...options });
  const trusting = { trustedServices: [{ service: "events.amazonaws.com", conditions: {} }], managedPolicyArns: [] };
  for (const name of ["starter", "denied"] as const) {
    local.access.putRole({ name, arn: local.roleArn(name), inlinePolicies: { test: roles[name] }, ...trusting });
  }
  client = local.client(EventBridgeClient);
};

beforeEach(async () => {
  heard = [];
  failures = 0;
  lambda = scriptedLambda({ hear: ({ event }) => void heard.push(event) });
  await start();
});
afterEach(() => local.stop());

const putRule = async (pattern: object, target: Partial<Target> = {}, Name = "rule") => {
  await client.send(new PutRuleCommand({ Name, EventPattern: JSON.stringify(pattern) }));
  await client.send(
    new PutTargetsCommand({ Rule: Name, Targets: [{ Id: "target", Arn: functionArn("hear"), ...target }] }),
  );
};
const put = (Detail: object, Source = "shop") =>
  client.send(
    new PutEventsCommand({
      Entries: [{ Source, DetailType: "Order", Resources: ["r1"], Detail: JSON.stringify(Detail) }],
    }),
  );
const hears = (count: number) => vi.waitFor(() => expect(heard).toHaveLength(count), { timeout: 5000, interval: 10 });

describe("an event", () => {
  it("reaches the function of a rule that it matches, in AWS's envelope", async () => {
    await putRule({ source: ["shop"], detail: { total: [{ numeric: [">", 10] }] } });
    const { Entries } = await put({ total: 11 });
    await put({ total: 10 });
    await hears(1);
    expect(heard).toEqual([
      {
        version: "0",
        id: Entries?.[0]?.EventId,
        "detail-type": "Order",
        source: "shop",
        account: "123456789012",
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        region,
        resources: ["r1"],
        detail: { total: 11 },
      },
    ]);
  });

  it("that a service emits takes the same way", async () => {
    await putRule({ source: ["aws.rds"] });
    local.cloud.emit({
      source: "aws.rds",
      detailType: "RDS DB Snapshot Event",
      resources: [],
      detail: { EventID: "RDS-EVENT-0042" },
    });
    await hears(1);
    expect(heard[0]).toMatchObject({ source: "aws.rds", detail: { EventID: "RDS-EVENT-0042" } });
  });

  it("starts a state machine as the target's role", async () => {
    const definition = JSON.stringify({
      QueryLanguage: "JSONata",
      StartAt: "End",
      States: { End: { Type: "Succeed" } },
    });
    const states = local.client(SFNClient);
    await states.send(
      new CreateStateMachineCommand({ name: "listener", roleArn: local.roleArn("machine"), definition }),
    );
    await putRule({ source: ["shop"] }, { Arn: machineArn, RoleArn: local.roleArn("starter"), InputPath: "$.detail" });
    await putRule({ source: ["shop"] }, { Arn: machineArn, RoleArn: local.roleArn("denied") }, "forbidden");
    // May do everything, but trusts others than EventBridge.
    await putRule({ source: ["shop"] }, { Arn: machineArn, RoleArn: local.roleArn("machine") }, "untrusted");
    await put({ total: 1 });
    await vi.waitFor(async () => {
      const { executions = [] } = await states.send(new ListExecutionsCommand({ stateMachineArn: machineArn }));
      expect(executions.map(({ status }) => status)).toEqual(["SUCCEEDED"]);
    });
    expect(local.cloud.store.collection("eventbridge.outbox").list()).toEqual([]);
  });

  it.each<[string, Partial<Target>, unknown]>([
    ["a constant", { Input: '{"a":1}' }, { a: 1 }],
    ["a part", { InputPath: "$.detail.items[1]" }, { sku: "b" }],
    [
      "a filled template",
      {
        InputTransformer: {
          InputPathsMap: { sku: "$.detail.items[0].sku", items: "$.detail.items" },
          InputTemplate: '{"sku":<sku>,"text":"of <sku> by <aws.events.rule-name>","items":<items>}',
        },
      },
      { sku: "a", text: "of a by rule", items: [{ sku: "a" }, { sku: "b" }] },
    ],
    [
      "a line of text",
      { InputTransformer: { InputPathsMap: { sku: "$.detail.items[0].sku" }, InputTemplate: '"sold \\"<sku>\\""' } },
      'sold "a"',
    ],
  ])("reaches its target as %s", async (_story, target, wanted) => {
    await putRule({ source: ["shop"] }, target);
    await put({ items: [{ sku: "a" }, { sku: "b" }] });
    await hears(1);
    expect(heard).toEqual([wanted]);
  });
});

describe("delivery", () => {
  beforeEach(() => {
    lambda.functions.hear = ({ event }) => void heard.push(event);
  });

  it("is tried again until the target takes the event", async () => {
    const virtual = await startVirtual();
    failures = 3;
    virtual.emit();
    await virtual.clock.advance(60);
    expect(heard).toHaveLength(1);
    expect(failures).toBe(0);
  });

  it("is dropped after the rule's number of retries", async () => {
    const virtual = await startVirtual({ RetryPolicy: { MaximumRetryAttempts: 2 } });
    failures = 3;
    virtual.emit();
    await virtual.clock.advance(3600);
    expect({ heard: heard.length, failures, pending: virtual.outbox() }).toEqual({ heard: 0, failures: 0, pending: 0 });
  });

  it("is dropped when the event is too old", async () => {
    const virtual = await startVirtual({ RetryPolicy: { MaximumEventAgeInSeconds: 60 } });
    failures = 1000;
    virtual.emit();
    await virtual.clock.advance(3600);
    expect(virtual.outbox()).toBe(0);
    expect(1000 - failures).toBeLessThan(10);
  });

  it("goes on after a restart with what was not yet delivered", async () => {
    const virtual = await startVirtual();
    failures = 1;
    virtual.emit();
    await virtual.clock.advance(0);
    expect(virtual.outbox()).toBe(1);
    await local.detach();
    await start({ directory: local.directory });
    await hears(1);
  });

  it("loses, duplicates and delays events by a seed with fault injection", async () => {
    const virtual = await startVirtual();
    const faults = { seed: 7, dropShare: 0.3, doubleShare: 0.3, delayShare: 0.5, maxDelaySeconds: 100 };
    local.cloud.store.collection("eventbridge.faults").put("faults", faults);
    for (let n = 0; n < 40; n++) virtual.emit({ n });
    await virtual.clock.advance(0);
    const early = heard.length;
    await virtual.clock.advance(100);
    const numbers = heard.map((event) => (event as { detail: { n: number } }).detail.n);
    expect(early).toBeLessThan(numbers.length);
    expect(new Set(numbers).size).toBeLessThan(40);
    expect(new Set(numbers).size).toBeLessThan(numbers.length);
    expect(numbers).not.toEqual(numbers.toSorted((a, b) => a - b));
  });

  /** A cloud in virtual time; it is asked from within, since signatures are of real time. */
  async function startVirtual(target: Partial<Target> = {}) {
    await local.stop();
    lambda.before = () => {
      if (failures === 0) return;
      failures -= 1;
      throw Object.assign(new Error("busy"), { name: "TooManyRequestsException" });
    };
    const clock = manualClock();
    await start({ clock });
    const { cloud } = local;
    const as = { as: { service: "eventbridge" } } as const;
    await cloud.call("eventbridge", "putRule", { Name: "rule", EventPattern: '{"source":["shop"]}' }, as);
    const Targets = [{ Id: "target", Arn: functionArn("hear"), ...target }];
    await cloud.call("eventbridge", "putTargets", { Rule: "rule", Targets }, as);
    const emit = (detail = {}) => cloud.emit({ source: "shop", detailType: "Order", resources: [], detail });
    return { clock, emit, outbox: () => cloud.store.collection("eventbridge.outbox").list().length };
  }
});

describe("a rule", () => {
  it("is described and listed as it was put", async () => {
    await putRule({ source: ["shop"] });
    const rule = { Name: "rule", State: "ENABLED", EventPattern: '{"source":["shop"]}', EventBusName: "default" };
    expect(await client.send(new DescribeRuleCommand({ Name: "rule" }))).toMatchObject({
      ...rule,
      Arn: `arn:aws:events:${region}:123456789012:rule/rule`,
    });
    expect((await client.send(new ListRulesCommand({ NamePrefix: "ru" }))).Rules).toMatchObject([rule]);
    expect((await client.send(new ListTargetsByRuleCommand({ Rule: "rule" }))).Targets).toEqual([
      { Id: "target", Arn: functionArn("hear") },
    ]);
    const named = await client.send(new ListRuleNamesByTargetCommand({ TargetArn: functionArn("hear") }));
    expect(named.RuleNames).toEqual(["rule"]);
  });

  it("hears nothing while it is disabled", async () => {
    await putRule({ source: ["shop"] });
    await client.send(new DisableRuleCommand({ Name: "rule" }));
    await put({ n: 1 });
    await client.send(new EnableRuleCommand({ Name: "rule" }));
    await put({ n: 2 });
    await hears(1);
    expect(heard).toMatchObject([{ detail: { n: 2 } }]);
  });

  it("can be deleted once it has no targets", async () => {
    await putRule({ source: ["shop"] });
    await expect(client.send(new DeleteRuleCommand({ Name: "rule" }))).rejects.toMatchObject({
      name: "ValidationException",
    });
    await client.send(new RemoveTargetsCommand({ Rule: "rule", Ids: ["target"] }));
    await client.send(new DeleteRuleCommand({ Name: "rule" }));
    await expect(client.send(new DescribeRuleCommand({ Name: "rule" }))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });

  it("runs on its rate, faster with --speed", async () => {
    await local.stop();
    await start({ speed: 600 });
    await client.send(new PutRuleCommand({ Name: "tick", ScheduleExpression: "rate(1 minute)" }));
    await client.send(new PutTargetsCommand({ Rule: "tick", Targets: [{ Id: "1", Arn: functionArn("hear") }] }));
    await vi.waitFor(() => expect(heard.length).toBeGreaterThanOrEqual(3), { timeout: 5000 });
    expect(heard[0]).toMatchObject({ source: "aws.events", "detail-type": "Scheduled Event", detail: {} });
  });

  it.each<[string, object, string]>([
    ["a pattern that is no JSON", { EventPattern: "{" }, "InvalidEventPatternException"],
    ["a pattern with a bare value", { EventPattern: '{"source":"shop"}' }, "InvalidEventPatternException"],
    ["an operator that is unknown", { EventPattern: '{"source":[{"like":"a"}]}' }, "InvalidEventPatternException"],
    ["a cron expression", { ScheduleExpression: "cron(0 12 * * ? *)" }, "ValidationException"],
    ["a rate in the wrong number", { ScheduleExpression: "rate(1 minutes)" }, "ValidationException"],
    ["neither pattern nor schedule", {}, "ValidationException"],
    ["another bus", { EventPattern: '{"source":["a"]}', EventBusName: "mine" }, "ResourceNotFoundException"],
  ])("is refused with %s", async (_story, input, name) => {
    await expect(client.send(new PutRuleCommand({ Name: "bad", ...input }))).rejects.toMatchObject({ name });
  });

  it.each<[string, Partial<Target>]>([
    ["a queue as target", { Arn: `arn:aws:sqs:${region}:123456789012:queue` }],
    ["a dead letter queue", { DeadLetterConfig: { Arn: `arn:aws:sqs:${region}:123456789012:queue` } }],
    ["a state machine without a role", { Arn: machineArn }],
    ["two kinds of input", { Input: "{}", InputPath: "$" }],
    ["input that is no JSON", { Input: "{" }],
  ])("refuses %s", async (_story, target) => {
    await expect(putRule({ source: ["shop"] }, target)).rejects.toMatchObject({ name: "ValidationException" });
  });
});

describe("PutEvents", () => {
  it("reports per entry whether it was accepted", async () => {
    await putRule({ source: ["shop"] });
    const entry = { Source: "shop", DetailType: "Order", Detail: "{}" };
    const { FailedEntryCount, Entries } = await client.send(
      new PutEventsCommand({
        Entries: [entry, { ...entry, Source: "aws.rds" }, { ...entry, Detail: "[]" }, { Detail: "{}" }],
      }),
    );
    expect(FailedEntryCount).toBe(3);
    expect(Entries?.map(({ ErrorCode }) => ErrorCode)).toEqual([
      undefined,
      "NotAuthorizedForSourceException",
      "MalformedDetail",
      "InvalidArgument",
    ]);
    await hears(1);
  });

  it("holds a role to the source and the detail type that its policy names", async () => {
    const condition = { StringEquals: { "events:source": "shop", "events:detail-type": "Order" } };
    const statement = { Effect: "Allow", Action: "events:PutEvents", Resource: "*", Condition: condition };
    local.access.putRole({
      name: "denied",
      arn: local.roleArn("denied"),
      inlinePolicies: { test: { Version: "2012-10-17", Statement: [statement] } },
      trustedServices: [],
      managedPolicyArns: [],
    });
    const role = local.client(EventBridgeClient, "denied");
    const entry = { Source: "shop", DetailType: "Order", Detail: "{}" };
    const put = (...Entries: object[]) => role.send(new PutEventsCommand({ Entries }));
    expect(await put(entry, entry)).toMatchObject({ FailedEntryCount: 0 });
    for (const other of [{ Source: "bank" }, { DetailType: "Payment" }]) {
      await expect(put({ ...entry, ...other })).rejects.toMatchObject({ name: "AccessDeniedException" });
      await expect(put(entry, { ...entry, ...other })).rejects.toMatchObject({ name: "AccessDeniedException" });
    }
  });

  it("is forbidden to a role without events:PutEvents", async () => {
    const entry = { Source: "shop", DetailType: "Order", Detail: "{}" };
    const denied = local.client(EventBridgeClient, "denied");
    await expect(denied.send(new PutEventsCommand({ Entries: [entry] }))).rejects.toMatchObject({
      name: "AccessDeniedException",
    });
  });
});

it("tries a pattern without a rule", async () => {
  const event = {
    id: "1",
    account: "1",
    source: "shop",
    time: "t",
    region,
    resources: [],
    "detail-type": "Order",
    detail: {},
  };
  const test = (pattern: object) =>
    client.send(new TestEventPatternCommand({ EventPattern: JSON.stringify(pattern), Event: JSON.stringify(event) }));
  expect(await test({ source: ["shop"] })).toMatchObject({ Result: true });
  expect(await test({ source: ["bank"] })).toMatchObject({ Result: false });
});
