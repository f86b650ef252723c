import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dynamodb } from "#local/services/dynamodb/index.ts";
import { startTestCloud, type TestCloud } from "#test/support/local-cloud.ts";
import { dynamoTable, type Table } from "../../../../lambdas/core/table.ts";
import { MemoryTable } from "../support/memory-table.ts";

const key = { pk: "lock", sk: "lock" };
let cloud: TestCloud;
let database: Table;

beforeAll(async () => {
  cloud = await startTestCloud({ services: [dynamodb] });
  const type = cloud.resourceTypes.find(({ type }) => type === "AWS::DynamoDB::Table");
  await type?.create(
    {
      AttributeDefinitions: ["pk", "sk"].map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
      KeySchema: [
        { AttributeName: "pk", KeyType: "HASH" },
        { AttributeName: "sk", KeyType: "RANGE" },
      ],
      BillingMode: "PAY_PER_REQUEST",
    },
    { logicalId: "Table", stackName: "Test", generatedName: () => "stage", assetPath: () => "" },
  );
  const options = { marshallOptions: { removeUndefinedValues: true } };
  database = dynamoTable(DynamoDBDocumentClient.from(cloud.client(DynamoDBClient), options), "stage");
});
afterAll(() => cloud.stop());

// The table in memory, which the other tests stand on, has to behave as the real one does.
describe.each([
  ["in memory", () => new MemoryTable()],
  ["in DynamoDB", () => database],
] as const)("the table %s", (_name, open: () => Table) => {
  let table: Table;
  beforeAll(() => {
    table = open();
  });

  test("has nothing under an unknown key", async () => {
    expect(await table.get({ pk: "lock", sk: "none" })).toBeUndefined();
    expect(await table.query("none")).toEqual([]);
  });

  test("creates an item once", async () => {
    expect(await table.put({ ...key, generation: 1, holder: "a" }, { pk: undefined })).toBe(true);
    expect(await table.put({ ...key, generation: 9 }, { pk: undefined })).toBe(false);
    expect(await table.get(key)).toEqual({ ...key, generation: 1, holder: "a" });
  });

  test("patches only if the condition is met", async () => {
    expect(await table.patch(key, { holder: "b" }, { holder: "x", generation: 1 })).toBe(false);
    expect(await table.patch(key, { holder: undefined, generation: 2 }, { holder: "a", generation: 1 })).toBe(true);
    expect(await table.get(key)).toEqual({ ...key, generation: 2 });
  });

  test("patches if an attribute does not exist", async () => {
    expect(await table.patch(key, { holder: "c" }, { holder: undefined })).toBe(true);
    expect(await table.patch(key, { holder: "d" }, { holder: undefined })).toBe(false);
  });

  test("creates the item that it patches", async () => {
    const fresh = { pk: "lock", sk: "fresh" };
    expect(await table.patch(fresh, { generation: 1 }, { generation: undefined })).toBe(true);
    expect(await table.get(fresh)).toEqual({ ...fresh, generation: 1 });
  });

  test("sets an entry of a map whose name holds a space", async () => {
    const record = { pk: "deployment", sk: "1" };
    await table.put({ ...record, steps: {} });
    await table.patch(record, { "steps.Shift traffic": { startedAt: "1", attempt: 0 } });
    await table.patch(record, { "steps.Shift traffic.endedAt": "2" });
    expect(await table.get(record)).toMatchObject({
      steps: { "Shift traffic": { startedAt: "1", endedAt: "2", attempt: 0 } },
    });
  });

  test("refuses an entry of a map that does not exist", async () => {
    const patched = table.patch({ pk: "deployment", sk: "none" }, { "steps.Build": {} });
    await expect(patched).rejects.toThrow(/document path|ValidationException/);
  });

  test("removes only if the condition is met", async () => {
    const waiting = { pk: "waiting", sk: "build:1" };
    await table.put({ ...waiting, token: "2" });
    expect(await table.remove(waiting, { token: "1" })).toBe(false);
    expect(await table.remove(waiting, { token: "2" })).toBe(true);
    expect(await table.get(waiting)).toBeUndefined();
  });

  test("lists a partition in the order of its keys", async () => {
    for (const sk of ["b", "c", "a"]) await table.put({ pk: "queue", sk });
    expect((await table.query("queue")).map(({ sk }) => sk)).toEqual(["a", "b", "c"]);
  });
});
