import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  DeleteFunctionConcurrencyCommand,
  GetFunctionCommand,
  GetFunctionConcurrencyCommand,
  InvokeCommand,
  LambdaClient,
  PutFunctionConcurrencyCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { cloudwatchLogs } from "#local/services/cloudwatch-logs/index.ts";
import { lambda } from "#local/services/lambda/index.ts";
import { sts } from "#local/services/sts/index.ts";
import { startTestCloud, type TestCloud } from "#test/support/local-cloud.ts";

const Action = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"];
const logging = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, Resource: "*" }] };

let local: TestCloud;
let client: LambdaClient;

beforeAll(async () => {
  local = await startTestCloud({ services: [sts, cloudwatchLogs, lambda], roles: { logging } });
  client = local.client(LambdaClient);
  await deploy("echo", "exports.handler = async (event) => event;");
});
afterAll(() => local.stop());

async function deploy(FunctionName: string, ZipFile: string): Promise<void> {
  const resource = local.resourceTypes.find(({ type }) => type === "AWS::Lambda::Function");
  const code = { Code: { ZipFile }, Handler: "index.handler", Runtime: "nodejs24.x" };
  const properties = { FunctionName, ...code, Role: local.roleArn("logging") };
  const context = { logicalId: "Function", stackName: "stack", generatedName: () => "generated", assetPath: () => "" };
  await resource?.create(resource.properties.parse(properties), context);
}

async function invoke(FunctionName: string): Promise<unknown> {
  const { Payload } = await client.send(new InvokeCommand({ FunctionName }));
  return JSON.parse(Payload?.transformToString() ?? "");
}

async function logOf(name: string): Promise<string> {
  const logs = local.client(CloudWatchLogsClient);
  const { events = [] } = await logs.send(new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${name}` }));
  return events.map(({ message = "" }) => message).join("");
}

describe("a function whose configuration is changed", () => {
  it("waits while it has no concurrency, and catches up", async () => {
    const FunctionName = "halted";
    await deploy(FunctionName, `exports.handler = async ({ said }) => console.log("said", said);`);
    await client.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 0 }));
    const { Concurrency } = await client.send(new GetFunctionCommand({ FunctionName }));
    expect(Concurrency).toEqual({ ReservedConcurrentExecutions: 0 });
    await expect(invoke(FunctionName)).rejects.toMatchObject({ name: "TooManyRequestsException" });
    const later = { FunctionName, InvocationType: "Event", Payload: JSON.stringify({ said: "late" }) } as const;
    await client.send(new InvokeCommand(later));
    await client.send(new DeleteFunctionConcurrencyCommand({ FunctionName }));
    expect(await client.send(new GetFunctionConcurrencyCommand({ FunctionName }))).not.toHaveProperty(
      "ReservedConcurrentExecutions",
    );
    await vi.waitFor(async () => expect(await logOf(FunctionName)).toContain("said late"), 10_000);
  });

  it("runs with another environment once that is changed", async () => {
    const FunctionName = "changed";
    await deploy(FunctionName, `exports.handler = async () => process.env.WORD;`);
    const change = { Environment: { Variables: { WORD: "second" } }, Timeout: 7 };
    const answer = await client.send(new UpdateFunctionConfigurationCommand({ FunctionName, ...change }));
    expect(answer).toMatchObject({ ...change, LastUpdateStatus: "Successful" });
    expect(await invoke(FunctionName)).toBe("second");
  });

  it.each([
    [{ Timeout: 901 }, /^Timeout must be an integer from 1 to 900, not 901/],
    [{ Environment: { Variables: { AWS_REGION: "x" } } }, /the variable AWS_REGION is reserved/],
    [{ Layers: ["layer"] }, /^Layers of UpdateFunctionConfiguration is not supported/],
  ])("is not changed by %j", async (change, message) => {
    const before = await client.send(new GetFunctionCommand({ FunctionName: "echo" }));
    const command = new UpdateFunctionConfigurationCommand({ FunctionName: "echo", ...change });
    await expect(client.send(command)).rejects.toMatchObject({
      name: "InvalidParameterValueException",
      message: expect.stringMatching(message),
    });
    const after = await client.send(new GetFunctionCommand({ FunctionName: "echo" }));
    expect(after.Configuration).toEqual(before.Configuration);
  });

  it("cannot have more concurrency than an account has", async () => {
    const command = new PutFunctionConcurrencyCommand({ FunctionName: "echo", ReservedConcurrentExecutions: 901 });
    await expect(client.send(command)).rejects.toMatchObject({ name: "InvalidParameterValueException" });
  });
});
