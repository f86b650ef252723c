import { CloudWatchLogsClient, CreateLogGroupCommand, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  CreateStateMachineCommand,
  DescribeStateMachineCommand,
  ListStateMachinesCommand,
  type LoggingConfiguration,
  SFNClient,
  StartExecutionCommand,
} from "@aws-sdk/client-sfn";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { planOf } from "#local/assembly/plan.ts";
import { cloudwatchLogs } from "#local/services/cloudwatch-logs/index.ts";
import { sfn } from "#local/services/sfn/index.ts";
import { startTestCloud, type TestCloud } from "#test/support/local-cloud.ts";

let local: TestCloud;
let client: SFNClient;
const machineArn = (name: string) => `arn:aws:states:eu-central-1:123456789012:stateMachine:${name}`;

beforeAll(async () => {
  const nothing = { Version: "2012-10-17", Statement: [] };
  local = await startTestCloud({ services: [cloudwatchLogs, sfn], roles: { machine: nothing } });
  client = local.client(SFNClient);
});
afterAll(() => local.stop());

const textOf = (States: object) =>
  JSON.stringify({ QueryLanguage: "JSONata", StartAt: Object.keys(States)[0], States });

it("writes its history to a log group, without execution data by default", async () => {
  const logs = local.client(CloudWatchLogsClient);
  const logGroupName = "/aws/vendedlogs/states/logged";
  await logs.send(new CreateLogGroupCommand({ logGroupName }));
  const logGroupArn = `arn:aws:logs:eu-central-1:123456789012:log-group:${logGroupName}:*`;
  const loggingConfiguration: LoggingConfiguration = {
    level: "ALL",
    destinations: [{ cloudWatchLogsLogGroup: { logGroupArn } }],
  };
  const definition = textOf({ Done: { Type: "Succeed" } });
  const machine = { name: "logged", roleArn: local.roleArn("machine"), definition, loggingConfiguration };
  const { stateMachineArn } = await client.send(new CreateStateMachineCommand(machine));
  const { executionArn: arn } = await client.send(
    new StartExecutionCommand({ stateMachineArn, input: '{"secret":1}' }),
  );
  const lines = await vi.waitFor(async () => {
    const { events = [] } = await logs.send(new FilterLogEventsCommand({ logGroupName }));
    expect(events).toHaveLength(4);
    return events.map(({ message = "" }) => JSON.parse(message) as { type: string });
  });
  expect(lines.map(({ type }) => type)).toEqual([
    "ExecutionStarted",
    "SucceedStateEntered",
    "SucceedStateExited",
    "ExecutionSucceeded",
  ]);
  expect(lines[1]).toEqual({
    id: "2",
    type: "SucceedStateEntered",
    details: { name: "Done" },
    previous_event_id: "0",
    event_timestamp: expect.stringMatching(/^\d{13}$/),
    execution_arn: arn,
    redrive_count: "0",
  });
});

describe("AWS::StepFunctions::StateMachine", () => {
  const resource = () => {
    const type = local.resourceTypes.find((each) => each.type === "AWS::StepFunctions::StateMachine");
    if (!type) throw new Error("no such type");
    return type;
  };
  const context = { logicalId: "Machine", stackName: "Stack", generatedName: () => "generated", assetPath: () => "" };
  const properties = (more: object = {}) => {
    const DefinitionString = textOf({ A: { Type: "Wait", Seconds: "{% ${Seconds} %}", End: true } });
    return resource().properties.parse({
      RoleArn: local.roleArn("machine"),
      DefinitionString,
      DefinitionSubstitutions: { Seconds: "1" },
      ...more,
    });
  };

  it("is created with its substitutions, changed in place, and deleted", async () => {
    const created = await resource().create(properties(), context);
    expect(created).toEqual({
      physicalId: machineArn("generated"),
      attributes: { Arn: machineArn("generated"), Name: "generated", StateMachineRevisionId: "INITIAL" },
    });
    const { definition } = await client.send(new DescribeStateMachineCommand({ stateMachineArn: created.physicalId }));
    expect(definition).toContain('"Seconds":"{% 1 %}"');
    const logging = {
      Level: "ALL",
      IncludeExecutionData: "false",
      Destinations: [{ CloudWatchLogsLogGroup: { LogGroupArn: "arn:aws:logs:a:1:log-group:g:*" } }],
    };
    const next = properties({ DefinitionSubstitutions: { Seconds: 2 }, LoggingConfiguration: logging });
    const changed = await resource().update?.(created, next, context);
    expect(changed?.physicalId).toBe(created.physicalId);
    const machine = await client.send(new DescribeStateMachineCommand({ stateMachineArn: created.physicalId }));
    expect(machine).toMatchObject({
      loggingConfiguration: { level: "ALL", includeExecutionData: false },
      revisionId: changed?.attributes?.StateMachineRevisionId,
    });
    expect(machine.definition).toContain('"Seconds":"{% 2 %}"');
    const { type } = resource();
    const after = properties({ StateMachineName: "renamed" });
    expect(planOf(resource(), { type, properties: properties({}) }, { type, properties: after }).action).toBe(
      "replace",
    );
    const renamed = await resource().create(after, context);
    expect(renamed.physicalId).toBe(machineArn("renamed"));
    await resource().delete(created, next, context);
    await resource().delete(renamed, after, context);
    const { stateMachines = [] } = await client.send(new ListStateMachinesCommand());
    expect(stateMachines.map(({ name }) => name)).not.toEqual(expect.arrayContaining(["generated"]));
  });

  it("is refused as EXPRESS", () => {
    expect(() => properties({ StateMachineType: "EXPRESS" })).toThrow(/StateMachineType/);
  });
});
