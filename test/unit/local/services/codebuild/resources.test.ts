import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { ResourceContext } from "#local/cloud/index.ts";
import { codebuild } from "#local/services/codebuild/index.ts";
import { startTestCloud, type TestCloud } from "#test/support/local-cloud.ts";

let local: TestCloud;
let asset: string;

beforeAll(async () => {
  local = await startTestCloud({ services: [codebuild] });
  asset = mkdtempSync(path.join(tmpdir(), "lockstep-asset-"));
  writeFileSync(path.join(asset, "tool"), "");
});
afterAll(async () => {
  rmSync(asset, { recursive: true });
  await local.stop();
});

// As the CDK writes them, but for what is inert and taken away before.
const fromTheCdk = {
  Artifacts: { Type: "NO_ARTIFACTS" },
  Cache: { Type: "NO_CACHE" },
  Environment: {
    ComputeType: "BUILD_GENERAL1_SMALL",
    EnvironmentVariables: [{ Name: "A", Type: "PLAINTEXT", Value: "1" }],
    Image: "aws/codebuild/standard:7.0",
    ImagePullCredentialsType: "CODEBUILD",
    PrivilegedMode: false,
    Type: "LINUX_CONTAINER",
  },
  LogsConfig: { CloudWatchLogs: { GroupName: "/aws/codebuild/shop", Status: "ENABLED" } },
  QueuedTimeoutInMinutes: 30,
  SecondarySources: [{ Location: "bucket/1c08.zip", SourceIdentifier: "release_kit", Type: "S3" }],
  ServiceRole: "arn:aws:iam::123456789012:role/builder",
  Source: { BuildSpec: "{}", Location: "http://127.0.0.1:1/v1/repos/shop", Type: "CODECOMMIT" },
  TimeoutInMinutes: 30,
};

const context = (): ResourceContext => ({
  stackName: "Shop",
  logicalId: "Build",
  generatedName: () => "Shop-Build-ABC",
  assetPath: () => asset,
});

function put(properties: object, place: ResourceContext = context()) {
  const type = local.resourceTypes.find(({ type }) => type === "AWS::CodeBuild::Project");
  const parsed: unknown = type?.properties.parse(properties);
  return type?.create(parsed, place);
}

it("accepts the CDK's output and returns its name and ARN", () => {
  expect(put(fromTheCdk)).toEqual({
    physicalId: "Shop-Build-ABC",
    attributes: { Arn: "arn:aws:codebuild:eu-central-1:123456789012:project/Shop-Build-ABC" },
  });
});

it("takes a project up again that its owner made before", () => {
  expect(put(fromTheCdk)).toEqual(put({ ...fromTheCdk, TimeoutInMinutes: "60" }));
});

it("refuses a name that another resource has", () => {
  expect(() => put({ ...fromTheCdk, Name: "Shop-Build-ABC" }, { ...context(), logicalId: "Other" })).toThrow(
    "Project already exists",
  );
});

it.each([
  ["artifacts", { Artifacts: { Type: "S3", Location: "bucket" } }, /NO_ARTIFACTS/],
  ["a cache", { Cache: { Type: "LOCAL" } }, /NO_CACHE/],
  ["a network", { VpcConfig: { VpcId: "vpc-1" } }, /VpcConfig/],
  ["GitHub without a connection", { Source: { Type: "GITHUB", Location: "https://github.com/a/b" } }, /Auth/],
  ["other sources", { Source: { Type: "BITBUCKET", Location: "https://bitbucket.org/a/b" } }, /CODECOMMIT/],
  ["Docker", { Environment: { ...fromTheCdk.Environment, PrivilegedMode: true } }, /PrivilegedMode/],
  ["a time limit below five minutes", { TimeoutInMinutes: 4 }, />=5/],
])("refuses %s", (_story, properties, message) => {
  expect(() => put({ ...fromTheCdk, ...properties })).toThrow(message);
});

it("refuses a source that is a file", () => {
  const place = { ...context(), assetPath: () => path.join(asset, "tool") };
  expect(() => put(fromTheCdk, place)).toThrow("Fix: use a directory asset");
});

const onLambda = { ...fromTheCdk.Environment, Type: "LINUX_LAMBDA_CONTAINER", ComputeType: "BUILD_LAMBDA_4GB" };

it.each([
  ["a cache", { Cache: { Type: "S3", Location: "bucket/builds" } }, "Caching is not supported for Lambda compute"],
  ["a timeout", { TimeoutInMinutes: 10 }, "A build timeout and a queued timeout are not supported for Lambda compute"],
  [
    "a machine of EC2",
    { Environment: { ...onLambda, ComputeType: "BUILD_GENERAL1_SMALL" } },
    "Compute type BUILD_GENERAL1_SMALL is not available for environment type LINUX_LAMBDA_CONTAINER",
  ],
])("refuses %s on Lambda, as AWS does", (_story, change, message) => {
  const { TimeoutInMinutes: _timeout, QueuedTimeoutInMinutes: _queued, ...rest } = fromTheCdk;
  const project = { ...rest, Environment: onLambda };
  expect(put(project)).toMatchObject({ physicalId: "Shop-Build-ABC" });
  expect(() => put({ ...project, ...change })).toThrow(message);
});
