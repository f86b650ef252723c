import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { dynamodb } from "#local/services/dynamodb/index.ts";
import { startTestCloud, type TestCloud } from "#test/support/local-cloud.ts";

const directory = mkdtempSync(path.join(tmpdir(), "lockstep-test-"));
const TableName = "deployments";
const arn = `arn:aws:dynamodb:eu-central-1:123456789012:table/${TableName}`;
const allow = (Action: string, Resource: string) => ({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action, Resource }],
});

let local: TestCloud;
let client: DynamoDBClient;
let documents: DynamoDBDocumentClient;

beforeAll(async () => {
  await start();
  await table().create(properties, context);
});
afterAll(() => local.stop());

async function start() {
  const roles = { writer: allow("dynamodb:PutItem", arn), stranger: allow("dynamodb:PutItem", `${arn}-other`) };
  local = await startTestCloud({ services: [dynamodb], directory, roles });
  client = local.client(DynamoDBClient);
  documents = DynamoDBDocumentClient.from(client);
}

const context = {
  logicalId: "Table",
  stackName: "Test",
  generatedName: () => TableName,
  assetPath: () => "",
};
const properties = {
  AttributeDefinitions: [
    { AttributeName: "pk", AttributeType: "S" },
    { AttributeName: "sk", AttributeType: "S" },
  ],
  KeySchema: [
    { AttributeName: "pk", KeyType: "HASH" },
    { AttributeName: "sk", KeyType: "RANGE" },
  ],
  BillingMode: "PAY_PER_REQUEST",
  DeletionProtectionEnabled: true,
};

function table() {
  const resourceType = local.resourceTypes.find(({ type }) => type === "AWS::DynamoDB::Table");
  if (!resourceType) throw new Error("No resource type");
  return resourceType;
}

const put = (sk: string, more: object = {}) =>
  documents.send(new PutCommand({ TableName, Item: { pk: "stage", sk, ...more } }));

it("describes the table of the template", async () => {
  const { Table } = await client.send(new DescribeTableCommand({ TableName }));
  expect(Table).toMatchObject({ TableStatus: "ACTIVE", TableArn: arn });
});

it("lets only one holder acquire the lock", async () => {
  const take = (owner: string) =>
    documents.send(
      new UpdateCommand({
        TableName,
        Key: { pk: "stage", sk: "lock" },
        UpdateExpression: "SET #o = :o ADD generation :one",
        ConditionExpression: "attribute_not_exists(#o)",
        ExpressionAttributeNames: { "#o": "owner" },
        ExpressionAttributeValues: { ":o": owner, ":one": 1 },
        ReturnValues: "ALL_NEW",
      }),
    );
  const outcomes = await Promise.allSettled(["a", "b", "c", "d"].map(take));
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  expect(outcomes.filter((outcome) => outcome.status === "rejected").map(({ reason }) => reason.name)).toEqual(
    Array(3).fill("ConditionalCheckFailedException"),
  );
});

it("queries in key order", async () => {
  await Promise.all(["run#2", "run#1", "run#3"].map((sk) => put(sk, { at: sk })));
  const { Items } = await documents.send(
    new QueryCommand({
      TableName,
      KeyConditionExpression: "pk = :pk AND begins_with(sk, :run)",
      ExpressionAttributeValues: { ":pk": "stage", ":run": "run#" },
      ScanIndexForward: false,
    }),
  );
  expect(Items?.map(({ sk }) => sk)).toEqual(["run#3", "run#2", "run#1"]);
});

it("enforces IAM policies on the table", async () => {
  const item = new PutCommand({ TableName, Item: { pk: "x", sk: "y" } });
  await DynamoDBDocumentClient.from(local.client(DynamoDBClient, "writer")).send(item);
  const stranger = DynamoDBDocumentClient.from(local.client(DynamoDBClient, "stranger")).send(item);
  await expect(stranger).rejects.toMatchObject({ name: "AccessDeniedException" });
});

it("names an unsupported operation", async () => {
  const transaction = new TransactWriteItemsCommand({
    TransactItems: [{ Put: { TableName, Item: { pk: { S: "a" }, sk: { S: "b" } } } }],
  });
  for (const answer of [client.send(transaction), client.send(new DescribeTimeToLiveCommand({ TableName }))])
    await expect(answer).rejects.toMatchObject({ name: "NotImplemented" });
});

it("returns DynamoDB's own errors", async () => {
  const absent = new GetCommand({ TableName: "absent", Key: { pk: "a", sk: "b" } });
  await expect(documents.send(absent)).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  const wrongKey = new GetCommand({ TableName, Key: { pk: "a" } });
  await expect(documents.send(wrongKey)).rejects.toMatchObject({ name: "ValidationException" });
});

it("does not delete a protected table", async () => {
  await expect(client.send(new DeleteTableCommand({ TableName }))).rejects.toMatchObject({
    name: "ValidationException",
  });
  await expect(table().delete({ physicalId: TableName }, properties, context)).rejects.toThrow(/protected/);
});

it("adopts a table that an interrupted start created, and no other's", async () => {
  await expect(table().create(properties, context)).resolves.toEqual({
    physicalId: TableName,
    attributes: { Arn: arn },
  });
  await expect(table().create(properties, { ...context, logicalId: "Other" })).rejects.toMatchObject({
    name: "ResourceInUseException",
  });
});

it("leaves a table to its owner when another's creation failed", async () => {
  const stranger = { ...context, logicalId: "Other" };
  for (let attempt = 0; attempt < 2; attempt += 1)
    await expect(table().create({ ...properties, DeletionProtectionEnabled: false }, stranger)).rejects.toMatchObject({
      name: "ResourceInUseException",
    });
  await expect(client.send(new DeleteTableCommand({ TableName }))).rejects.toThrow(/protected/);
  await expect(table().create(properties, context)).resolves.toMatchObject({ physicalId: TableName });
});

it("does not adopt a table that was created by the API after its own creation failed", async () => {
  const another = { ...context, generatedName: () => "another" };
  const wrong = { ...unprotected, KeySchema: [{ AttributeName: "missing", KeyType: "HASH" as const }] };
  await expect(table().create(wrong, another)).rejects.toMatchObject({ name: "ValidationException" });
  await client.send(new CreateTableCommand({ ...unprotected, TableName: "another" }));
  await expect(table().create(unprotected, another)).rejects.toMatchObject({ name: "ResourceInUseException" });
});

it("replaces the table when the template has changed since an interrupted start", async () => {
  const interrupted = { ...context, generatedName: () => "interrupted" };
  await table().create(unprotected, interrupted);
  const AttributeDefinitions = [{ AttributeName: "id", AttributeType: "S" }];
  const KeySchema = [{ AttributeName: "id", KeyType: "HASH" }];
  await table().create({ ...unprotected, AttributeDefinitions, KeySchema }, interrupted);
  const { Table } = await client.send(new DescribeTableCommand({ TableName: "interrupted" }));
  expect(Table).toMatchObject({ TableStatus: "ACTIVE", KeySchema });
});

it("refuses a change that would replace the table", () => {
  const changed = { ...properties, KeySchema: properties.KeySchema.slice(0, 1) };
  expect(() => table().update?.({ physicalId: TableName }, changed, context)).toThrow(/not supported/);
});

it("has every item after the control plane was stopped", async () => {
  await put("kept", { value: "x".repeat(1000) });
  await local.detach();
  await start();
  const { Item } = await documents.send(new GetCommand({ TableName, Key: { pk: "stage", sk: "kept" } }));
  expect(Item).toMatchObject({ value: "x".repeat(1000) });
});

it("has every acknowledged item after the control plane was killed", async () => {
  await local.detach();
  const killed = spawn(
    process.execPath,
    [fileURLToPath(new URL("../support/dynamodb-writer.ts", import.meta.url)), directory],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  let acknowledged = 0;
  for await (const chunk of killed.stdout) {
    acknowledged += String(chunk).split("\n").length - 1;
    if (acknowledged >= 200) killed.kill("SIGKILL");
  }
  if (killed.exitCode === null && killed.signalCode === null) await once(killed, "exit");
  await start();
  const { Count } = await documents.send(
    new QueryCommand({
      TableName,
      KeyConditionExpression: "pk = :pk",
      ExpressionAttributeValues: { ":pk": "killed" },
      Select: "COUNT",
    }),
  );
  expect(acknowledged).toBeGreaterThanOrEqual(200);
  expect(Count).toBeGreaterThanOrEqual(acknowledged);
}, 30_000);

it("creates a table again whose files a power failure took", async () => {
  await local.detach();
  rmSync(path.join(directory, "dynamodb"), { recursive: true });
  await start();
  await table().refresh?.({ physicalId: TableName, attributes: { Arn: arn } }, properties);
  const { Table } = await client.send(new DescribeTableCommand({ TableName }));
  expect(Table).toMatchObject({ TableStatus: "ACTIVE" });
});

it("creates and deletes a table by its API", async () => {
  await client.send(new CreateTableCommand({ ...unprotected, TableName: "other" }));
  await expect
    .poll(() => client.send(new DescribeTableCommand({ TableName: "other" })).then(({ Table }) => Table?.TableStatus))
    .toBe("ACTIVE");
  await client.send(new DeleteTableCommand({ TableName: "other" }));
});

const unprotected = {
  AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" as const }],
  KeySchema: [{ AttributeName: "pk", KeyType: "HASH" as const }],
  BillingMode: "PAY_PER_REQUEST" as const,
};
