import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cloudwatchLogs } from "#local/services/cloudwatch-logs/index.ts";
import { lambda } from "#local/services/lambda/index.ts";
import { sts } from "#local/services/sts/index.ts";
import { startTestCloud, type TestCloud } from "#test/support/local-cloud.ts";

const logging = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: ["logs:CreateLogStream", "logs:PutLogEvents"], Resource: "*" }],
};
const folder = mkdtempSync(path.join(tmpdir(), "lockstep-url-"));
let local: TestCloud;
let resources = 0;

beforeAll(async () => {
  local = await startTestCloud({ services: [sts, cloudwatchLogs, lambda], roles: { logging } });
});
afterAll(async () => {
  await local.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function provision(type: string, properties: Record<string, unknown>) {
  const resource = local.resourceTypes.find((candidate) => candidate.type === type);
  if (!resource) throw new Error(`no ${type}`);
  resources += 1;
  return resource.create(resource.properties.parse(properties), {
    logicalId: `Logical${resources}`,
    stackName: "Stack",
    generatedName: () => "generated",
    assetPath: (_bucket, key) => key,
  });
}

async function deploy(name: string, code: string, properties: Record<string, unknown>) {
  const directory = path.join(folder, name);
  mkdirSync(directory, { recursive: true });
  writeFileSync(path.join(directory, "index.mjs"), code);
  await provision("AWS::Lambda::Function", {
    FunctionName: name,
    Code: { S3Bucket: "assets", S3Key: directory },
    Handler: "index.handler",
    Runtime: "nodejs24.x",
    Role: local.roleArn("logging"),
    ...properties,
  });
}

describe("a function URL", () => {
  const allow = (name: string, permission: Record<string, unknown>) =>
    provision("AWS::Lambda::Permission", { FunctionName: name, Principal: "*", ...permission });
  const openUrl = async (name: string, code: string, properties: Record<string, unknown> = {}) => {
    await deploy(name, code, properties);
    const TargetFunctionArn = local.cloud.arn("lambda", `function:${name}`);
    const { attributes } = await provision("AWS::Lambda::Url", { AuthType: "NONE", TargetFunctionArn });
    return attributes?.FunctionUrl ?? "";
  };
  const openPublicUrl = async (...args: Parameters<typeof openUrl>) => {
    const url = await openUrl(...args);
    await allow(args[0], { Action: "lambda:InvokeFunctionUrl", FunctionUrlAuthType: "NONE" });
    await allow(args[0], { Action: "lambda:InvokeFunction", InvokedViaFunctionUrl: true });
    return url;
  };
  const echo = "export const handler = async (event) => event;";

  it("requires both statements in the policy of the function", async () => {
    const url = await openUrl("url-denied", echo);
    expect((await fetch(url)).status).toBe(403);
    await allow("url-denied", { Action: "lambda:InvokeFunctionUrl", FunctionUrlAuthType: "NONE" });
    expect((await fetch(url)).status).toBe(403);
    await allow("url-denied", { Action: "lambda:InvokeFunction", InvokedViaFunctionUrl: true });
    expect((await fetch(url)).status).toBe(200);
  });

  it("passes requests in payload format 2.0, bodies that are not text in base64", async () => {
    const url = await openPublicUrl("url-echo", echo);
    const json = await fetch(`${url}some/path?a=1&b=2`, {
      method: "POST",
      headers: { "content-type": "application/json", "X-Upper": "Kept" },
      body: '{"text":"ä"}',
    });
    expect(await json.json()).toMatchObject({
      version: "2.0",
      rawPath: "/some/path",
      rawQueryString: "a=1&b=2",
      queryStringParameters: { a: "1", b: "2" },
      headers: { "x-upper": "Kept" },
      requestContext: { accountId: "anonymous", http: { method: "POST", path: "/some/path" } },
      body: '{"text":"ä"}',
      isBase64Encoded: false,
    });
    const form = await fetch(url, { method: "POST", body: new URLSearchParams({ a: "ä" }) });
    const encoded = Buffer.from("a=%C3%A4").toString("base64");
    expect(await form.json()).toMatchObject({ body: encoded, isBase64Encoded: true });
  });

  it("answers with the status, headers and body of the result", async () => {
    const result = { statusCode: 418, headers: { "X-Kind": "teapot" }, body: "c2hvcnQ=", isBase64Encoded: true };
    const url = await openPublicUrl("url-answer", `export const handler = async () => (${JSON.stringify(result)});`);
    const response = await fetch(url);
    expect([response.status, response.headers.get("x-kind"), await response.text()]).toEqual([418, "teapot", "short"]);
  });

  it("refuses bodies over 6 MB, and reports a function that fails or is throttled", async () => {
    const url = await openPublicUrl("url-fails", 'export const handler = async () => { throw new Error("no"); };');
    expect((await fetch(url, { method: "POST", body: "x".repeat(6 * 1024 * 1024 + 1) })).status).toBe(413);
    expect((await fetch(url)).status).toBe(502);
    const disabled = await openPublicUrl("url-disabled", echo, { ReservedConcurrentExecutions: 0 });
    expect((await fetch(disabled)).status).toBe(429);
    expect((await fetch(url.replace(/[0-9a-f]{16}/, "0".repeat(16)))).status).toBe(404);
  });
});
