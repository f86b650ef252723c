import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  SecretsManagerClient,
  UpdateSecretCommand,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { readFileSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { appSecret } from "../../lambdas/resources/app-secret/app-secret.ts";
import { secretsManager } from "#local/services/secrets-manager/index.ts";
import { startTestCloud, type TestCloud } from "#test/support/local-cloud.ts";

const canary = "canary-2b1f7c9e";
let local: TestCloud;
let client: SecretsManagerClient;
let arn: string;

beforeAll(async () => {
  local = await startTestCloud({
    services: [secretsManager],
    roles: {
      reader: {
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Action: "secretsmanager:GetSecretValue",
            Resource: "arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop/app-??????",
          },
        ],
      },
    },
  });
  client = local.client(SecretsManagerClient);
  const { ARN } = await client.send(new CreateSecretCommand({ Name: "shop/app", SecretString: canary }));
  arn = ARN ?? "";
});
afterAll(() => local.stop());

const read = (SecretId: string, which: object = {}) => client.send(new GetSecretValueCommand({ SecretId, ...which }));
const put = (SecretId: string, SecretString: string, more: object = {}) =>
  client.send(new PutSecretValueCommand({ SecretId, SecretString, ...more }));

it("gives a secret an ARN with a random suffix and finds it by name, ARN and ARN without the suffix", async () => {
  expect(arn).toMatch(/^arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop\/app-[a-z0-9]{6}$/i);
  for (const id of ["shop/app", arn, arn.slice(0, -7)]) expect(await read(id)).toMatchObject({ SecretString: canary });
});

it("keeps the value sealed", () => {
  const files = readdirSync(local.directory, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const contents = files.map((file) => readFileSync(path.join(file.parentPath, file.name)).toString("latin1"));
  expect(contents.some((content) => content.includes("shop/app"))).toBe(true);
  for (const form of [canary, Buffer.from(canary).toString("base64"), Buffer.from(canary).toString("hex")])
    expect(contents.filter((content) => content.includes(form))).toEqual([]);
  expect(statSync(path.join(local.directory, "secrets-manager", "key")).mode & 0o777).toBe(0o600);
});

it("moves AWSCURRENT to the new version and AWSPREVIOUS to the one before", async () => {
  await client.send(new CreateSecretCommand({ Name: "rotated", SecretString: "one" }));
  await put("rotated", "two");
  await put("rotated", "three");
  expect(await read("rotated")).toMatchObject({ SecretString: "three", VersionStages: ["AWSCURRENT"] });
  const previous = await read("rotated", { VersionStage: "AWSPREVIOUS" });
  expect(previous).toMatchObject({ SecretString: "two" });
  expect(await read("rotated", { VersionId: previous.VersionId })).toMatchObject({ SecretString: "two" });
  const { VersionIdsToStages } = await client.send(new DescribeSecretCommand({ SecretId: "rotated" }));
  expect(
    Object.values(VersionIdsToStages ?? {})
      .flat()
      .sort(),
  ).toEqual(["AWSCURRENT", "AWSPREVIOUS"]);
});

it("keeps a pending version apart", async () => {
  await client.send(new CreateSecretCommand({ Name: "pending", SecretString: "now" }));
  await put("pending", "next", { VersionStages: ["AWSPENDING"] });
  expect(await read("pending")).toMatchObject({ SecretString: "now" });
  expect(await read("pending", { VersionStage: "AWSPENDING" })).toMatchObject({ SecretString: "next" });
});

it("does a repeated request once", async () => {
  const ClientRequestToken = "11111111-1111-1111-1111-111111111111";
  await client.send(new CreateSecretCommand({ Name: "repeated", SecretString: "one" }));
  await put("repeated", "two", { ClientRequestToken });
  await put("repeated", "two", { ClientRequestToken });
  expect(await read("repeated", { VersionStage: "AWSPREVIOUS" })).toMatchObject({ SecretString: "one" });
  await expect(put("repeated", "other", { ClientRequestToken })).rejects.toMatchObject({
    name: "ResourceExistsException",
  });
});

it("keeps bytes as they are", async () => {
  const SecretBinary = new Uint8Array([0, 255, 128, 10]);
  await client.send(new CreateSecretCommand({ Name: "binary", SecretBinary }));
  const value = await read("binary");
  expect(value.SecretString).toBeUndefined();
  expect([...(value.SecretBinary ?? [])]).toEqual([...SecretBinary]);
});

it("marks for deletion, brings back, and deletes at once when forced", async () => {
  await client.send(new CreateSecretCommand({ Name: "short-lived", SecretString: "x" }));
  const SecretId = "short-lived";
  await client.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 7 }));
  await expect(read(SecretId)).rejects.toMatchObject({ name: "InvalidRequestException" });
  const again = client.send(new CreateSecretCommand({ Name: SecretId, SecretString: "y" }));
  await expect(again).rejects.toMatchObject({ name: "InvalidRequestException" });
  await client.send(new RestoreSecretCommand({ SecretId }));
  expect(await read(SecretId)).toMatchObject({ SecretString: "x" });
  await client.send(new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true }));
  const unknown = new DeleteSecretCommand({ SecretId: "never-created", ForceDeleteWithoutRecovery: true });
  expect(await client.send(unknown)).toMatchObject({ Name: "never-created" });
  await expect(read(SecretId)).rejects.toMatchObject({ name: "ResourceNotFoundException" });
});

it("moves a staging label only from the version that has it", async () => {
  await client.send(new CreateSecretCommand({ Name: "moved", SecretString: "one" }));
  const { VersionId: one } = await read("moved");
  const { VersionId: two } = await put("moved", "two", { VersionStages: ["NEXT"] });
  const move = (RemoveFromVersionId: string | undefined) =>
    client.send(
      new UpdateSecretVersionStageCommand({
        SecretId: "moved",
        VersionStage: "AWSCURRENT",
        MoveToVersionId: two,
        RemoveFromVersionId,
      }),
    );
  await expect(move(undefined)).rejects.toMatchObject({ name: "InvalidParameterException" });
  await expect(move(two)).rejects.toMatchObject({ name: "InvalidParameterException" });
  await move(one);
  expect(await read("moved")).toMatchObject({ SecretString: "two", VersionStages: ["NEXT", "AWSCURRENT"] });
  expect(await read("moved", { VersionStage: "AWSPREVIOUS" })).toMatchObject({ SecretString: "one" });
});

it.each([
  ["an absent secret", () => read("absent"), "ResourceNotFoundException"],
  ["an absent version", () => read("shop/app", { VersionStage: "NONE" }), "ResourceNotFoundException"],
  [
    "a taken name",
    () => client.send(new CreateSecretCommand({ Name: "shop/app", SecretString: "y" })),
    "ResourceExistsException",
  ],
  [
    "a short recovery window",
    () => client.send(new DeleteSecretCommand({ SecretId: "shop/app", RecoveryWindowInDays: 1 })),
    "InvalidParameterException",
  ],
  [
    "a value of 65537 bytes",
    () => client.send(new UpdateSecretCommand({ SecretId: "shop/app", SecretString: "x".repeat(65_537) })),
    /InvalidParameterException|ValidationException/,
  ],
])("refuses %s", async (_story, call, name) => {
  await expect(call()).rejects.toMatchObject({ name: expect.stringMatching(name) });
});

it("checks the policy against the secret's ARN, however it is named", async () => {
  const reader = local.client(SecretsManagerClient, "reader");
  expect(await reader.send(new GetSecretValueCommand({ SecretId: "shop/app" }))).toMatchObject({
    SecretString: canary,
  });
  const other = reader.send(new GetSecretValueCommand({ SecretId: "rotated" }));
  await expect(other).rejects.toMatchObject({ name: "AccessDeniedException" });
});

it("lists by prefix", async () => {
  const { SecretList } = await client.send(new ListSecretsCommand({ Filters: [{ Key: "name", Values: ["shop/"] }] }));
  expect(SecretList?.map(({ Name }) => Name)).toEqual(["shop/app"]);
});

it("makes passwords of the asked kind", async () => {
  const { RandomPassword = "" } = await client.send(
    new GetRandomPasswordCommand({ PasswordLength: 4, ExcludeCharacters: "abc", ExcludePunctuation: false }),
  );
  expect(RandomPassword).toMatch(/^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*[^a-zA-Z\d]).{4}$/);
});

const context = { logicalId: "Secret", stackName: "Test", generatedName: () => "generated", assetPath: () => "" };

function resource() {
  const resourceType = local.resourceTypes.find(({ type }) => type === "AWS::SecretsManager::Secret");
  if (!resourceType) throw new Error("No resource type");
  return resourceType;
}

it("generates a value once, and again only when its description in the template changes", async () => {
  const GenerateSecretString = {
    SecretStringTemplate: '{"username":"lockstep"}',
    GenerateStringKey: "password",
    PasswordLength: 30,
  };
  const secret = await resource().create({ GenerateSecretString }, context);
  const first = (await read("generated")).SecretString ?? "";
  expect(JSON.parse(first)).toEqual({ username: "lockstep", password: expect.stringMatching(/^.{30}$/) });

  expect(await resource().create({ GenerateSecretString }, context)).toEqual(secret);
  await resource().update?.(secret, { GenerateSecretString, Description: "another" }, context);
  expect((await read("generated")).SecretString).toBe(first);

  const longer = { ...GenerateSecretString, PasswordLength: 40 };
  await resource().update?.(secret, { GenerateSecretString: longer }, context);
  expect(JSON.parse((await read("generated")).SecretString ?? "").password).toHaveLength(40);
});

it("has at most 20 staging labels in all versions", async () => {
  await client.send(new CreateSecretCommand({ Name: "labels", SecretString: "one" }));
  const { VersionId: MoveToVersionId } = await read("labels");
  const label = (VersionStage: string) =>
    client.send(new UpdateSecretVersionStageCommand({ SecretId: "labels", VersionStage, MoveToVersionId }));
  for (let count = 2; count <= 20; count += 1) await label(`label-${count}`);
  await expect(label("label-21")).rejects.toMatchObject({ name: "LimitExceededException" });
});

it("has no value without one in the template, and its first version is current", async () => {
  const { physicalId } = await resource().create({ Name: "without-value" }, { ...context, logicalId: "Empty" });
  await expect(read("without-value")).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  await put(physicalId, "first", { VersionStages: ["NEXT"] });
  expect(await read("without-value")).toMatchObject({ SecretString: "first" });
});

describe("the generated key of the app's secret", () => {
  const values = async () => JSON.parse((await read("generated-key")).SecretString ?? "");
  let SecretArn = "";
  beforeAll(async () => {
    const state = await resource().create({ Name: "generated-key" }, { ...context, logicalId: "App" });
    SecretArn = state.physicalId;
    await appSecret(client).create({ SecretArn, GeneratedKeys: ["SESSION_SECRET"] });
  });

  it("is added to the keys that people added, when its name changes too, and never changes", async () => {
    const { SESSION_SECRET } = await values();
    expect(SESSION_SECRET).toMatch(/^[\w-]{48}$/);
    await put(SecretArn, JSON.stringify({ SESSION_SECRET, STRIPE_KEY: "sk_live" }));
    await appSecret(client).update(SecretArn, { SecretArn, GeneratedKeys: ["COOKIE_SECRET"] });
    const COOKIE_SECRET = expect.stringMatching(/^[\w-]{48}$/);
    expect(await values()).toMatchObject({ SESSION_SECRET, STRIPE_KEY: "sk_live", COOKIE_SECRET });
    const { VersionId } = await read("generated-key");
    await appSecret(client).update(SecretArn, { SecretArn, GeneratedKeys: ["COOKIE_SECRET"] });
    expect(await read("generated-key")).toMatchObject({ VersionId, VersionStages: ["AWSCURRENT"] });
  });

  it("does not overwrite a key that a person adds at the same time", async () => {
    const interrupted = local.client(SecretsManagerClient);
    let isEdited = false;
    interrupted.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          if (commandName === "PutSecretValueCommand" && !isEdited) {
            isEdited = true;
            await put(SecretArn, JSON.stringify({ ...(await values()), ADDED: "meanwhile" }));
          }
          return next(args);
        },
      { step: "initialize" },
    );
    await appSecret(interrupted).update(SecretArn, { SecretArn, GeneratedKeys: ["THIRD"] });
    expect(isEdited).toBe(true);
    expect(await values()).toMatchObject({ ADDED: "meanwhile", STRIPE_KEY: "sk_live", THIRD: expect.any(String) });
  });

  it("gives a secret without generated keys an empty value", async () => {
    const state = await resource().create({ Name: "no-keys" }, { ...context, logicalId: "NoKeys" });
    await appSecret(client).create({ SecretArn: state.physicalId, GeneratedKeys: [] });
    expect(await read("no-keys")).toMatchObject({ SecretString: "{}", VersionStages: ["AWSCURRENT"] });
  });

  it("fails without showing a value that is not a JSON object", async () => {
    await client.send(new CreateSecretCommand({ Name: "plain-text", SecretString: canary }));
    const failed = appSecret(client).create({ SecretArn: "plain-text", GeneratedKeys: ["KEY"] });
    await expect(failed).rejects.toThrow("is not a JSON object");
    await expect(failed).rejects.not.toThrow(canary);
  });
});
