import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { cloudwatchLogs } from "#local/services/cloudwatch-logs/index.ts";
import { lambda } from "#local/services/lambda/index.ts";
import { sts } from "#local/services/sts/index.ts";
import { startTestCloud, type TestCloud } from "#test/support/local-cloud.ts";

const roles = {
  provider: {
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: ["logs:CreateLogStream", "logs:PutLogEvents"], Resource: "*" }],
  },
};
const folder = mkdtempSync(path.join(tmpdir(), "lockstep-custom-"));
let local: TestCloud;

beforeAll(async () => {
  local = await startTestCloud({ services: [sts, cloudwatchLogs, lambda], roles });
});
afterAll(async () => {
  await local.stop();
  rmSync(folder, { recursive: true, force: true });
});

const contextOf = (logicalId: string) => ({
  logicalId,
  stackName: "Stack",
  generatedName: () => "generated",
  assetPath: (_bucket: string, key: string) => key,
});

function typeOf(name: string) {
  const type = local.resourceTypes.find((each) => each.type === name);
  if (!type) throw new Error(`no ${name}`);
  return type;
}

/** A function that provides a resource; `response` is its answer, from the `event`. */
async function provider(name: string, response: string): Promise<string> {
  const directory = path.join(folder, name);
  mkdirSync(directory);
  writeFileSync(
    path.join(directory, "index.mjs"),
    `export const handler = async (event) => {
      const { StackId, RequestId, LogicalResourceId } = event;
      const body = JSON.stringify({ StackId, RequestId, LogicalResourceId, ...(${response}) });
      const { status } = await fetch(event.ResponseURL, { method: "PUT", headers: { "content-type": "" }, body });
      if (status !== 200) throw new Error("status " + status);
    };`,
  );
  const type = typeOf("AWS::Lambda::Function");
  const properties = {
    FunctionName: name,
    Code: { S3Bucket: "assets", S3Key: directory },
    Handler: "index.handler",
    Runtime: "nodejs24.x",
    Role: local.roleArn("provider"),
  };
  const state = await type.create(type.properties.parse(properties), contextOf(name));
  return state.attributes?.Arn ?? "";
}

const custom = () => typeOf("Custom::*");
const parsed = (properties: object) => custom().properties.parse(properties);

it("is created by its function, which receives the properties as text and answers with attributes", async () => {
  const ServiceToken = await provider(
    "echo",
    `{ Status: "SUCCESS", PhysicalResourceId: "id-1", Data: { Kind: event.RequestType, Size: typeof event.ResourceProperties.Size } }`,
  );
  const state = await custom().create(parsed({ ServiceToken, Size: 3 }), contextOf("Echo"));
  expect(state).toEqual({ physicalId: "id-1", attributes: { Kind: "Create", Size: "string" } });
});

it("is updated with its former properties, and may become another resource", async () => {
  const ServiceToken = await provider(
    "renamer",
    `{ Status: "SUCCESS", PhysicalResourceId: event.PhysicalResourceId + "+" + event.OldResourceProperties.Name }`,
  );
  const context = { ...contextOf("Renamer"), previous: { ServiceToken, Name: "a" } };
  const state = await custom().update?.({ physicalId: "id" }, parsed({ ServiceToken, Name: "b" }), context);
  expect(state?.physicalId).toBe("id+a");
});

it("fails with the reason of its function", async () => {
  const ServiceToken = await provider("refuser", `{ Status: "FAILED", Reason: "no room", PhysicalResourceId: "none" }`);
  await expect(custom().create(parsed({ ServiceToken }), contextOf("Refuser"))).rejects.toThrow("no room");
});

it("fails at once when its function fails without an answer, and after its timeout when it is silent", async () => {
  const failing = await provider("failing", `(() => { throw new Error("broken") })()`);
  await expect(custom().create(parsed({ ServiceToken: failing }), contextOf("Failing"))).rejects.toThrow(/broken/);
  const silent = await provider("silent", `await new Promise(() => setTimeout(() => {}, 60_000))`);
  await expect(
    custom().create(parsed({ ServiceToken: silent, ServiceTimeout: 1 }), contextOf("Silent")),
  ).rejects.toThrow("did not receive a response");
});

it("accepts an answer only at the URL of an open request, and only once", async () => {
  const url = `${local.endpoint}/cloudformation-custom-resource-response/`;
  const forged = await fetch(`${url}guess`, { method: "PUT", body: JSON.stringify({ Status: "SUCCESS" }) });
  expect(forged.status).toBe(403);
  const ServiceToken = await provider("invalid", `{ Status: "PERHAPS" }`);
  await expect(custom().create(parsed({ ServiceToken }), contextOf("Invalid"))).rejects.toThrow(/status 400/);
});
