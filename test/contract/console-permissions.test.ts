import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { CreateStateMachineCommand, ListExecutionsCommand, SFNClient } from "@aws-sdk/client-sfn";
import { STSClient } from "@aws-sdk/client-sts";
import { DynamoDBDocumentClient, GetCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, expect, it } from "vitest";
import { cloudwatch } from "#local/services/cloudwatch/index.ts";
import { dynamodb } from "#local/services/dynamodb/index.ts";
import { eventbridge } from "#local/services/eventbridge/index.ts";
import { sfn } from "#local/services/sfn/index.ts";
import { sts } from "#local/services/sts/index.ts";
import { startTestCloud, type TestCloud } from "#test/support/local-cloud.ts";
import { scriptedLambda } from "#test/support/scripted-lambda.ts";
import { createClients } from "../../cli/stage/clients.ts";
import type { Stage } from "../../cli/stage/stage.ts";
import { permissions } from "../../console/server/queries/permissions.ts";
import { parseConfig } from "../../lib/config/index.ts";

const allow = (...Action: string[]) => ({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action, Resource: "*" }],
});
const roles = {
  reader: allow("dynamodb:Query", "dynamodb:GetItem", "states:DescribeExecution", "states:GetExecutionHistory"),
  releaser: allow("dynamodb:UpdateItem", "states:RedriveExecution", "states:StopExecution"),
  operator: allow("dynamodb:*", "states:*", "lambda:*", "cloudwatch:*"),
};
const config = parseConfig({ name: "shop", app: {}, stages: { production: { branch: "main" } } }, "test");
const { production } = config.stages;
if (!production) throw new Error("No stage");
const stage: Stage = {
  name: "production",
  config: production,
  repository: "shop",
  isOnGitHub: false,
  prefix: "shop-production",
  node: 24,
  root: ".",
  migrations: false,
};
const lock = { pk: "lock", sk: "lock", generation: 7, holder: "someone" };
let local: TestCloud;

beforeAll(async () => {
  const services = [scriptedLambda({}).service, sfn, eventbridge, sts, dynamodb, cloudwatch];
  local = await startTestCloud({ services, roles });
  const client = local.client(DynamoDBClient);
  const TableName = stage.prefix;
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: "PAY_PER_REQUEST",
      KeySchema: [
        { AttributeName: "pk", KeyType: "HASH" },
        { AttributeName: "sk", KeyType: "RANGE" },
      ],
      AttributeDefinitions: [
        { AttributeName: "pk", AttributeType: "S" },
        { AttributeName: "sk", AttributeType: "S" },
      ],
    }),
  );
  await DynamoDBDocumentClient.from(client).send(new PutCommand({ TableName, Item: lock }));
  const definition = JSON.stringify({ QueryLanguage: "JSONata", StartAt: "End", States: { End: { Type: "Succeed" } } });
  for (const machine of ["deploy", "rollback", "restore"])
    await local.client(SFNClient).send(
      new CreateStateMachineCommand({
        name: `${stage.prefix}-${machine}`,
        definition,
        roleArn: local.roleArn("operator"),
      }),
    );
});
afterAll(() => local.stop());

function permissionsOf(role: keyof typeof roles) {
  const { endpoint } = local;
  const key = { accessKeyId: "a", secretAccessKey: "b", gitToken: "", databaseCaFile: "" };
  const clients = {
    ...createClients({ endpoint, region: "eu-central-1", ...key }),
    sfn: local.client(SFNClient, role),
    sts: local.client(STSClient, role),
    lambda: local.client(LambdaClient, role),
    cloudwatch: local.client(CloudWatchClient, role),
    documents: DynamoDBDocumentClient.from(local.client(DynamoDBClient, role)),
  };
  return permissions({ clients, stage });
}

it("names the right that each button needs, for a person who may only read", async () => {
  expect(await permissionsOf("reader")).toEqual({
    caller: "arn:aws:sts::123456789012:assumed-role/reader/test",
    missing: {
      redrive: "states:RedriveExecution",
      abort: "states:StopExecution",
      approve: "dynamodb:UpdateItem",
      reject: "dynamodb:UpdateItem",
      unlock: "dynamodb:UpdateItem",
      deploy: "states:StartExecution on the deploy machine",
      rollback: "states:StartExecution on the rollback machine",
      restore: "lambda:InvokeFunction and states:StartExecution on the restore machine",
      "set-alarm": "cloudwatch:SetAlarmState",
    },
  });
});

it("names only those that are missing", async () => {
  const { missing } = await permissionsOf("releaser");
  expect(Object.keys(missing).toSorted()).toEqual(["deploy", "restore", "rollback", "set-alarm"]);
});

it("changes nothing for a person who may do everything", async () => {
  expect((await permissionsOf("operator")).missing).toEqual({});
  const documents = DynamoDBDocumentClient.from(local.client(DynamoDBClient));
  const { Item } = await documents.send(new GetCommand({ TableName: stage.prefix, Key: { pk: "lock", sk: "lock" } }));
  expect(Item).toEqual(lock);
  for (const machine of ["deploy", "rollback", "restore"]) {
    const stateMachineArn = `arn:aws:states:eu-central-1:123456789012:stateMachine:${stage.prefix}-${machine}`;
    expect((await local.client(SFNClient).send(new ListExecutionsCommand({ stateMachineArn }))).executions).toEqual([]);
  }
});
