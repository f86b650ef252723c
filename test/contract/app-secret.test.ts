import { GetSecretValueCommand, PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, expect, it } from "vitest";
import { bundleFunction } from "../../lib/bundle-function.ts";
import { cloudwatchLogs } from "#local/services/cloudwatch-logs/index.ts";
import { lambda } from "#local/services/lambda/index.ts";
import { secretsManager } from "#local/services/secrets-manager/index.ts";
import { sts } from "#local/services/sts/index.ts";
import { startTestCloud, type TestCloud } from "#test/support/local-cloud.ts";

const allow = (Resource: string, ...Action: string[]) => ({ Effect: "Allow", Action, Resource });
const secretActions = ["GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"];
const roles = {
  provider: {
    Version: "2012-10-17",
    Statement: [
      allow("*", "logs:CreateLogStream", "logs:PutLogEvents"),
      allow("*", ...secretActions.map((action) => `secretsmanager:${action}`)),
    ],
  },
};
let local: TestCloud;

beforeAll(async () => {
  local = await startTestCloud({ services: [sts, cloudwatchLogs, lambda, secretsManager], roles });
});
afterAll(() => local.stop());

async function create(type: string, logicalId: string, properties: object) {
  const resource = local.resourceTypes.find((each) => each.type === type);
  if (!resource) throw new Error(`no ${type}`);
  const assetPath = (_bucket: string, key: string) => key;
  const context = { logicalId, stackName: "Stack", generatedName: () => logicalId, assetPath };
  const state = await resource.create(resource.properties.parse(properties), context);
  const update = (changed: object) => resource.update?.(state, resource.properties.parse(changed), context);
  return { ...state, update };
}

it("adds generated keys as CloudFormation's function, records when, and keeps the keys that people added", async () => {
  const secret = await create("AWS::SecretsManager::Secret", "App", { Name: "app" });
  const provider = await create("AWS::Lambda::Function", "Provider", {
    FunctionName: "provider",
    Code: { S3Bucket: "assets", S3Key: bundleFunction("resources/app-secret") },
    Handler: "index.handler",
    Runtime: "nodejs24.x",
    Role: local.roleArn("provider"),
  });
  const properties = { ServiceToken: provider.attributes?.Arn, SecretArn: secret.physicalId };
  const key = await create("Custom::*", "Key", { ...properties, GeneratedKeys: ["FIRST"] });
  expect([key.physicalId, key.attributes]).toEqual([secret.physicalId, {}]);

  const client = local.client(SecretsManagerClient);
  const SecretId = secret.physicalId;
  const values = async () => {
    const { SecretString = "" } = await client.send(new GetSecretValueCommand({ SecretId }));
    return JSON.parse(SecretString);
  };
  const withOwn = { ...(await values()), OWN: "added by a person" };
  await client.send(new PutSecretValueCommand({ SecretId, SecretString: JSON.stringify(withOwn) }));
  await key.update({ ...properties, GeneratedKeys: ["FIRST", "SECOND"] });
  const generated = expect.stringMatching(/^[\w-]{48}$/);
  expect(await values()).toMatchObject({ OWN: withOwn.OWN, FIRST: generated, SECOND: generated });
  const times = { FIRST: withOwn["lockstep:changed"].FIRST, SECOND: expect.stringMatching(/^20\d\d-/) };
  expect((await values())["lockstep:changed"]).toEqual(times);
});
