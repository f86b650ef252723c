import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  CreateFunctionCommand,
  GetFunctionCommand,
  InvokeCommand,
  LambdaClient,
  ListFunctionsCommand,
  type InvokeCommandInput,
} from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { cloudwatchLogs } from "#local/services/cloudwatch-logs/index.ts";
import { lambda } from "#local/services/lambda/index.ts";
import { sts } from "#local/services/sts/index.ts";
import { startTestCloud, type TestCloud } from "#test/support/local-cloud.ts";

const services = [sts, cloudwatchLogs, lambda];
const statement = (Action: string[], Resource = "*") => ({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action, Resource }],
});
const roles = {
  logging: statement(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]),
  silent: { Version: "2012-10-17", Statement: [] },
  invoker: statement(["lambda:InvokeFunction"], "arn:aws:lambda:eu-central-1:123456789012:function:echo"),
};

let local: TestCloud;
let client: LambdaClient;
const folder = mkdtempSync(path.join(tmpdir(), "lockstep-lambda-"));

beforeAll(async () => {
  local = await startTestCloud({ services, roles, speed: 600 });
  client = local.client(LambdaClient);
  await deploy("echo", "export const handler = async (event) => event;");
});
afterAll(async () => {
  await local.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function deploy(
  name: string,
  code: string,
  { on = local, ...properties }: Record<string, unknown> & { on?: TestCloud } = {},
) {
  const directory = path.join(folder, name);
  mkdirSync(directory, { recursive: true });
  writeFileSync(path.join(directory, "index.mjs"), code);
  return provision(on, "AWS::Lambda::Function", {
    FunctionName: name,
    Code: { S3Bucket: "assets", S3Key: directory },
    Handler: "index.handler",
    Runtime: "nodejs24.x",
    Role: on.roleArn("logging"),
    ...properties,
  });
}

async function provision(on: TestCloud, type: string, properties: Record<string, unknown>) {
  const resource = on.resourceTypes.find((candidate) => candidate.type === type);
  if (!resource) throw new Error(`no ${type}`);
  return resource.create(resource.properties.parse(properties), {
    logicalId: "Logical",
    stackName: "Stack",
    generatedName: () => "generated",
    assetPath: (_bucket, key) => key,
  });
}

async function invoke(FunctionName: string, event: unknown = {}, more: Partial<InvokeCommandInput> = {}) {
  const answer = await client.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(event), ...more }));
  const text = answer.Payload?.transformToString() ?? "";
  return { ...answer, result: text === "" ? undefined : JSON.parse(text) };
}

async function logOf(name: string) {
  const logs = local.client(CloudWatchLogsClient);
  const { events = [] } = await logs.send(new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${name}` }));
  return events.map(({ message = "" }) => message);
}

describe("an invocation", () => {
  it("gives the event to the handler and its result back", async () => {
    const answer = await invoke("echo", { text: "grüß dich", deep: [1, null] });
    expect(answer).toMatchObject({
      StatusCode: 200,
      ExecutedVersion: "$LATEST",
      result: { text: "grüß dich", deep: [1, null] },
    });
    expect(answer.FunctionError).toBeUndefined();
  });

  it.each([
    "arn:aws:lambda:eu-central-1:123456789012:function:echo",
    "arn:aws:lambda:eu-central-1:123456789012:function:echo:$LATEST",
    "123456789012:function:echo",
    "echo:$LATEST",
  ])("finds the function by %s", async (name) => {
    expect((await invoke(name, 1)).result).toBe(1);
  });

  it("finds no other function, version or account", async () => {
    const notFound = { name: "ResourceNotFoundException", $metadata: { httpStatusCode: 404 } };
    const arn = "arn:aws:lambda:eu-central-1:123456789012:function:none";
    await expect(invoke("none")).rejects.toMatchObject({ ...notFound, message: `Function not found: ${arn}` });
    await expect(invoke("echo", {}, { Qualifier: "7" })).rejects.toMatchObject(notFound);
    await expect(invoke("arn:aws:lambda:eu-central-1:999999999999:function:echo")).rejects.toMatchObject(notFound);
  });

  it("runs nothing when it is dry", async () => {
    expect(await invoke("echo", {}, { InvocationType: "DryRun" })).toMatchObject({
      StatusCode: 204,
      result: undefined,
    });
  });

  it("refuses a payload that is no JSON", async () => {
    await expect(invoke("echo", {}, { Payload: "{" })).rejects.toMatchObject({
      name: "InvalidRequestContentException",
    });
  });

  it("needs a policy of the role that calls", async () => {
    const invoker = local.client(LambdaClient, "invoker");
    const Payload = "1";
    expect((await invoker.send(new InvokeCommand({ FunctionName: "echo", Payload }))).StatusCode).toBe(200);
    const other = "arn:aws:lambda:eu-central-1:123456789012:function:other";
    await expect(invoker.send(new InvokeCommand({ FunctionName: "other", Payload }))).rejects.toMatchObject({
      name: "AccessDeniedException",
      message: `User: arn:aws:sts::123456789012:assumed-role/invoker/test is not authorized to perform: lambda:InvokeFunction on resource: ${other} because no identity-based policy allows the lambda:InvokeFunction action`,
      $metadata: { httpStatusCode: 403 },
    });
  });

  it("provides the context", async () => {
    await deploy(
      "context",
      `export const handler = async (_event, { getRemainingTimeInMillis, ...context }) => ({ ...context, left: getRemainingTimeInMillis() });`,
      { Timeout: 5, MemorySize: 256 },
    );
    const { result, $metadata } = await invoke("context");
    expect(result).toMatchObject({
      functionName: "context",
      functionVersion: "$LATEST",
      memoryLimitInMB: "256",
      invokedFunctionArn: "arn:aws:lambda:eu-central-1:123456789012:function:context",
      logGroupName: "/aws/lambda/context",
      awsRequestId: $metadata.requestId,
    });
    expect(result.left).toBeGreaterThan(4000);
    expect(result.left).toBeLessThanOrEqual(5000);
  });
});

describe("a sandbox", () => {
  it("has the function's environment and nothing of ours", async () => {
    process.env.SECRET_OF_THE_DEVELOPER = "x";
    const variables = { GREETING: "hello" };
    await deploy("environment", "export const handler = async () => process.env;", {
      Environment: { Variables: variables },
    });
    const { result } = await invoke("environment");
    expect(result).toMatchObject({
      GREETING: "hello",
      AWS_ENDPOINT_URL: local.endpoint,
      AWS_REGION: "eu-central-1",
      AWS_LAMBDA_FUNCTION_NAME: "environment",
      _HANDLER: "index.handler",
      AWS_ACCESS_KEY_ID: expect.stringMatching(/^ASIA[A-Z2-7]{16}$/),
    });
    expect(result).not.toHaveProperty("SECRET_OF_THE_DEVELOPER");
    expect(result).not.toHaveProperty("NODE_OPTIONS");
  });

  it("acts as the function's role", async () => {
    const source = `
      import { createRequire } from "node:module";
      const { STSClient, GetCallerIdentityCommand } = createRequire(${JSON.stringify(import.meta.filename)})("@aws-sdk/client-sts");
      export const handler = async () => (await new STSClient().send(new GetCallerIdentityCommand())).Arn;`;
    await deploy("whoami", source, { Timeout: 20 });
    expect((await invoke("whoami")).result).toBe("arn:aws:sts::123456789012:assumed-role/logging/whoami");
  });

  it("is reused one after another, and one for each at a time", async () => {
    const source = `
      import { threadId } from "node:worker_threads";
      let count = 0;
      export const handler = async ({ wait = 0 }) => {
        await new Promise((resolve) => setTimeout(resolve, wait));
        return { threadId, count: ++count };
      };`;
    await deploy("counter", source);
    const first = (await invoke("counter")).result;
    expect((await invoke("counter")).result).toEqual({ threadId: first.threadId, count: 2 });
    const both = await Promise.all([invoke("counter", { wait: 300 }), invoke("counter", { wait: 300 })]);
    expect(new Set(both.map(({ result }) => result.threadId)).size).toBe(2);
  });

  it("takes CommonJS and inline code", async () => {
    await provision(local, "AWS::Lambda::Function", {
      FunctionName: "inline",
      Code: { ZipFile: "exports.handler = async () => typeof require;" },
      Handler: "index.handler",
      Runtime: "nodejs24.x",
      Role: local.roleArn("logging"),
    });
    expect((await invoke("inline")).result).toBe("function");
  });

  it("is throttled beyond its reserved concurrency", async () => {
    const source = "export const handler = () => new Promise((resolve) => setTimeout(resolve, 500));";
    await deploy("narrow", source, { ReservedConcurrentExecutions: 1 });
    const answers = await Promise.allSettled([invoke("narrow"), invoke("narrow")]);
    const reasons = answers.flatMap((answer) => (answer.status === "rejected" ? [answer.reason] : []));
    expect(reasons).toHaveLength(1);
    expect(reasons[0]).toMatchObject({ name: "TooManyRequestsException", $metadata: { httpStatusCode: 429 } });
  });
});

describe("a failure of the function", () => {
  it.each([
    [
      "thrown",
      `class BuildFailed extends Error { name = "BuildFailed" }; export const handler = async () => { throw new BuildFailed("no tests"); };`,
      { errorType: "BuildFailed", errorMessage: "no tests" },
    ],
    [
      "a string",
      `export const handler = async () => { throw "oops"; };`,
      { errorType: "string", errorMessage: "oops" },
    ],
    [
      "an exit",
      `export const handler = async () => process.exit(3);`,
      {
        errorType: "Runtime.ExitError",
        errorMessage: expect.stringMatching(/^RequestId: .* Error: Runtime exited with error: exit status 3$/),
      },
    ],
    [
      "an unhandled rejection",
      `export const handler = () => { Promise.reject(new Error("lost")); return new Promise(() => {}); };`,
      { errorType: "Runtime.UnhandledPromiseRejection", errorMessage: "lost" },
    ],
    ["while loading", `throw new TypeError("at the top");`, { errorType: "TypeError", errorMessage: "at the top" }],
    [
      "without a handler",
      `export const other = 1;`,
      { errorType: "Runtime.HandlerNotFound", errorMessage: "index.handler is undefined or not exported" },
    ],
    [
      "with a callback",
      `export const handler = (event, context, callback) => callback(null, 1);`,
      { errorType: "Runtime.CallbackHandlerDeprecated" },
    ],
  ])("%s", async (story, source, wanted) => {
    const name = `fails-${story.replaceAll(" ", "-")}`;
    await deploy(name, source);
    expect(await invoke(name)).toMatchObject({ StatusCode: 200, FunctionError: "Unhandled", result: wanted });
    const next = await invoke(name);
    expect(next).toMatchObject({ FunctionError: "Unhandled", result: wanted });
    expect(JSON.stringify(next)).not.toContain("data:");
  });

  it("is a timeout, even of a loop that never yields", async () => {
    await deploy("stuck", "export const handler = async () => { for (;;); };", { Timeout: 1 });
    const { result, FunctionError, $metadata } = await invoke("stuck");
    const requestId = $metadata.requestId;
    expect(FunctionError).toBe("Unhandled");
    expect(result).toEqual({
      errorType: "Sandbox.Timedout",
      errorMessage: `RequestId: ${requestId} Error: Task timed out after 1.00 seconds`,
    });
    expect((await logOf("stuck")).filter((line) => line.includes("Task timed out"))).toEqual([
      expect.stringMatching(new RegExp(`^\\d{4}-\\S+Z ${requestId} Task timed out after 1.00 seconds$`)),
    ]);
  });
});

describe("the log", () => {
  it("has Lambda's lines and the function's", async () => {
    const source = `
      console.log("loading");
      export const handler = async () => {
        console.info("hello %s", "you");
        console.error(new Error("careful").message);
        process.stdout.write('{"level":"INFO"}\\n');
      };`;
    await deploy("talks", source);
    const { $metadata, LogResult = "" } = await invoke("talks", {}, { LogType: "Tail" });
    const id = $metadata.requestId;
    const lines = await logOf("talks");
    expect(lines.filter((line) => !line.endsWith("loading"))).toEqual([
      `START RequestId: ${id} Version: $LATEST`,
      expect.stringMatching(new RegExp(`Z\t${id}\tINFO\thello you$`)),
      expect.stringMatching(new RegExp(`Z\t${id}\tERROR\tcareful$`)),
      '{"level":"INFO"}',
      `END RequestId: ${id}`,
      expect.stringMatching(
        new RegExp(`^REPORT RequestId: ${id}\tDuration: .* ms\tBilled Duration: .*Init Duration: `),
      ),
    ]);
    expect(lines).toContainEqual(expect.stringMatching(/\tundefined\tINFO\tloading$/));
    expect(Buffer.from(LogResult, "base64").toString()).toContain("hello you");
  });

  it("is lost without the permission to write it", async () => {
    await deploy("mute", "export const handler = async () => console.log('unheard');", {
      Role: local.roleArn("silent"),
    });
    expect((await invoke("mute")).StatusCode).toBe(200);
    await expect(logOf("mute")).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });
});

describe("an asynchronous invocation", () => {
  const recorder = (file: string, body: string) => `
    import { appendFileSync } from "node:fs";
    export const handler = async (event, context) => {
      appendFileSync(${JSON.stringify(file)}, context.awsRequestId + "\\n");
      ${body}
    };`;
  const attempts = (file: string) => readFileSync(file, "utf8").trim().split("\n");

  it("is answered at once and tried three times under one id", async () => {
    const file = path.join(folder, "failing.txt");
    await deploy("failing", recorder(file, 'throw new Error("again");'));
    expect(await invoke("failing", {}, { InvocationType: "Event" })).toMatchObject({
      StatusCode: 202,
      result: undefined,
    });
    await vi.waitFor(() => expect(attempts(file)).toHaveLength(3), { timeout: 10_000 });
    expect(new Set(attempts(file)).size).toBe(1);
    const queue = local.cloud.store.collection("lambda.queue");
    await vi.waitFor(() => expect(queue.list()).toEqual([]), { timeout: 5000 });
  });

  it("outlives the control plane", async () => {
    const file = path.join(folder, "restarted.txt");
    writeFileSync(file, "");
    const first = await startTestCloud({ services, roles });
    await deploy("restarted", recorder(file, "await new Promise((resolve) => setTimeout(resolve, 500));"), {
      on: first,
    });
    const command = new InvokeCommand({ FunctionName: "restarted", InvocationType: "Event" });
    await first.client(LambdaClient).send(command);
    await vi.waitFor(() => expect(readFileSync(file, "utf8")).not.toBe(""), { timeout: 5000 });
    await first.detach(); // in the midst of it
    const second = await startTestCloud({ services, roles, directory: first.directory });
    await vi.waitFor(() => expect(attempts(file)).toHaveLength(2), { timeout: 5000 });
    await vi.waitFor(() => expect(second.cloud.store.collection("lambda.queue").list()).toEqual([]), { timeout: 5000 });
    await second.stop();
  });
});

it("lets a service call only with a permission for it and its source", async () => {
  const { cloud } = local;
  const rule = (name: string) => cloud.arn("events", `rule/${name}`);
  const call = (sourceArn: string) =>
    cloud.call(
      "lambda",
      "invoke",
      { FunctionName: "echo", Payload: Buffer.from("1") },
      { as: { service: "eventbridge", sourceArn } },
    );
  await expect(call(rule("push"))).rejects.toMatchObject({ name: "AccessDeniedException" });
  await provision(local, "AWS::Lambda::Permission", {
    Action: "lambda:InvokeFunction",
    FunctionName: cloud.arn("lambda", "function:echo"),
    Principal: "events.amazonaws.com",
    SourceArn: rule("push"),
  });
  expect((await call(rule("push"))).Payload?.transformToString()).toBe("1");
  await expect(call(rule("other"))).rejects.toMatchObject({ name: "AccessDeniedException" });
});

it("refuses a role that Lambda may not take on", async () => {
  await expect(deploy("untrusted", "", { Role: "arn:aws:iam::123456789012:role/none" })).rejects.toMatchObject({
    name: "InvalidParameterValueException",
    message: "The role defined for the function cannot be assumed by Lambda.",
  });
});

it("describes and lists functions", async () => {
  const { Functions = [] } = await client.send(new ListFunctionsCommand());
  expect(Functions.map(({ FunctionName }) => FunctionName)).toContain("echo");
  const { Configuration } = await client.send(new GetFunctionCommand({ FunctionName: "echo" }));
  expect(Configuration).toMatchObject({ Handler: "index.handler", Timeout: 3, MemorySize: 128, State: "Active" });
});

it("names what it does not do", async () => {
  const create = new CreateFunctionCommand({ FunctionName: "x", Role: "x", Code: {} });
  await expect(client.send(create)).rejects.toMatchObject({
    name: "NotImplemented",
    message: "lambda CreateFunction is not implemented by the local cloud.",
  });
});
