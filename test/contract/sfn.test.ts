import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
} from "@aws-sdk/client-sfn";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { sfn } from "#local/services/sfn/index.ts";
import { startTestCloud, type TestCloud } from "#test/support/local-cloud.ts";
import { scriptedLambda } from "#test/support/scripted-lambda.ts";

let local: TestCloud;
let client: SFNClient;
const tokens: string[] = [];
const lambda = scriptedLambda({
  double: ({ event }) => ({ doubled: (event as { n: number }).n * 2 }),
  keep: ({ event }) => void tokens.push((event as { token: string }).token),
});
const functionArn = (name: string) => `arn:aws:lambda:eu-central-1:123456789012:function:${name}`;
const allow = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] };

beforeAll(async () => {
  local = await startTestCloud({ services: [lambda.service, sfn], roles: { machine: allow } });
  client = local.client(SFNClient);
});
afterAll(() => local.stop());

const create = async (name: string, definition: object) => {
  const { stateMachineArn } = await client.send(
    new CreateStateMachineCommand({
      name,
      roleArn: local.roleArn("machine"),
      definition: JSON.stringify({ QueryLanguage: "JSONata", ...definition }),
    }),
  );
  return stateMachineArn;
};
const start = async (stateMachineArn: string | undefined, input: object) => {
  const { executionArn } = await client.send(
    new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) }),
  );
  return executionArn;
};
const ended = (executionArn: string | undefined) =>
  vi.waitFor(
    async () => {
      const execution = await client.send(new DescribeExecutionCommand({ executionArn }));
      expect(execution.status).not.toBe("RUNNING");
      return execution;
    },
    { timeout: 5000, interval: 10 },
  );

it("runs a task, a token, a wait and a choice", async () => {
  const arn = await start(
    await create("first", {
      StartAt: "Double",
      States: {
        Double: {
          Type: "Task",
          Resource: "arn:aws:states:::lambda:invoke",
          Arguments: { FunctionName: functionArn("double"), Payload: { n: "{% $states.input.n %}" } },
          Output: "{% $states.result.Payload %}",
          Assign: { d: "{% $states.result.Payload.doubled %}" },
          Next: "Ask",
        },
        Ask: {
          Type: "Task",
          Resource: "arn:aws:states:::lambda:invoke.waitForTaskToken",
          Arguments: { FunctionName: functionArn("keep"), Payload: { token: "{% $states.context.Task.Token %}" } },
          HeartbeatSeconds: 60,
          Next: "Pause",
        },
        Pause: { Type: "Wait", Seconds: 1, Next: "Which" },
        Which: { Type: "Choice", Choices: [{ Condition: "{% $d = 42 %}", Next: "Done" }], Default: "No" },
        No: { Type: "Fail", Error: "No", Cause: "{% 'd is ' & $string($d) %}" },
        Done: { Type: "Succeed", Output: { d: "{% $d %}", answer: "{% $states.input %}" } },
      },
    }),
    { n: 21 },
  );
  await vi.waitFor(() => expect(tokens).toHaveLength(1));
  await client.send(new SendTaskSuccessCommand({ taskToken: tokens[0], output: '{"yes":true}' }));
  expect(await ended(arn)).toMatchObject({
    status: "SUCCEEDED",
    output: JSON.stringify({ d: 42, answer: { yes: true } }),
  });
});
