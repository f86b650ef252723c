import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  SFNClient,
  StartExecutionCommand,
} from "@aws-sdk/client-sfn";
import { BatchWriteCommand, DynamoDBDocumentClient, PutCommand } from "@aws-sdk/lib-dynamodb";
import { expect } from "@playwright/test";
import { cloudwatch } from "#local/services/cloudwatch/index.ts";
import { cloudwatchLogs } from "#local/services/cloudwatch-logs/index.ts";
import { dynamodb } from "#local/services/dynamodb/index.ts";
import { sfn } from "#local/services/sfn/index.ts";
import { sts } from "#local/services/sts/index.ts";
import { bundledPage } from "../../console/bundle.ts";
import { type Console, startConsole, Stages } from "../../console/server/index.ts";
import { startTestCloud, type TestCloud } from "./local-cloud.ts";
import { scriptedLambda } from "./scripted-lambda.ts";

/** Text of people and programs that a page must only show. */
export const hostile = `<img src=x onerror="attacked=1"><script>attacked=2</script>`;

const TableName = "storefront-production";
const role = "machine";
const allow = (...Action: string[]) => ({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action, Resource: "*" }],
});
const reads = ["Describe*", "Filter*", "Get*", "List*", "Query"];
const readers = ["cloudwatch", "dynamodb", "logs", "states"].flatMap((service) =>
  reads.map((each) => `${service}:${each}`),
);

interface Past {
  deployments: number;
  /** Calls of a function in the history of the newest deployment. Step Functions ends an execution at 25,000 events. */
  calls: number;
  /** In the log of the build of the newest deployment. */
  lines: number;
}

export interface LongPast {
  console: Console;
  /** The newest deployment. */
  newest: string;
  /** The console on AWS, with the credentials of a person who may only read. They stay in the environment of this process. */
  openReader(): Promise<Console>;
  /** A change that the page shows. */
  changeLock(): Promise<void>;
  stop(): Promise<void>;
}

/** The console of a stage with a long past, in a cloud with the services that hold it only. */
export async function startLongPast({ deployments, calls, lines }: Past): Promise<LongPast> {
  const fails = () => {
    throw new Error(hostile);
  };
  const { service: lambda } = scriptedLambda({ build: fails });
  const services = [dynamodb, sfn, cloudwatchLogs, cloudwatch, sts, lambda];
  const local = await startTestCloud({
    services,
    roles: { [role]: allow("*"), reader: allow(...readers) },
    speed: 100_000,
  });
  const execution = await runMachine(local, calls);
  await writeLines(local, lines);
  await writeDeployments(local, deployments, execution);
  const { accessKeyId, secretAccessKey } = local.credentials;
  const { endpoint } = local;
  const cloud = { endpoint, region: "eu-central-1", accessKeyId, secretAccessKey, gitToken: "", databaseCaFile: "" };
  const stages = new Stages(["production"], {}, () => cloud);
  const console = await startConsole({ stages, directory: bundledPage(), port: 0 });
  return {
    console,
    newest: idOf(deployments - 1),
    async openReader() {
      const credentials = local.cloud.roleEnvironment(local.roleArn("reader"), "ada");
      // By its name, since 127.0.0.1 is refused as a local cloud that runs elsewhere.
      const AWS_ENDPOINT_URL = endpoint.replace("127.0.0.1", "localhost");
      Object.assign(process.env, credentials, { AWS_ENDPOINT_URL, AWS_REGION: cloud.region });
      const ofReader = new Stages(["production"], {}, () => undefined);
      return startConsole({ stages: ofReader, directory: bundledPage(), port: 0 });
    },
    async changeLock() {
      const Item = { pk: "lock", sk: "lock", generation: 1 };
      await DynamoDBDocumentClient.from(local.client(DynamoDBClient)).send(new PutCommand({ TableName, Item }));
    },
    async stop() {
      await console.close();
      await local.stop();
    },
  };
}

/** A step whose function fails until its calls are used up. */
async function runMachine(local: TestCloud, calls: number): Promise<string> {
  const client = local.client(SFNClient);
  const build = {
    Type: "Task",
    Resource: "arn:aws:states:::lambda:invoke",
    Arguments: { FunctionName: "arn:aws:lambda:eu-central-1:123456789012:function:build" },
    Retry: [{ ErrorEquals: ["States.ALL"], IntervalSeconds: 1, BackoffRate: 1, MaxAttempts: calls - 1 }],
    End: true,
  };
  const definition = JSON.stringify({ QueryLanguage: "JSONata", StartAt: "Build", States: { Build: build } });
  const name = `${TableName}-deploy`;
  const { stateMachineArn } = await client.send(
    new CreateStateMachineCommand({ name, definition, roleArn: local.roleArn(role) }),
  );
  const { executionArn = "" } = await client.send(new StartExecutionCommand({ stateMachineArn, name: "newest" }));
  const isEnded = async () => {
    const { status } = await client.send(new DescribeExecutionCommand({ executionArn }));
    expect(status).toBe("FAILED");
  };
  await expect(isEnded).toPass({ timeout: 120_000 });
  return executionArn;
}

const linesPerRequest = 5_000;

async function writeLines(local: TestCloud, count: number): Promise<void> {
  const client = local.client(CloudWatchLogsClient);
  const place = { logGroupName: `/aws/codebuild/${TableName}`, logStreamName: "newest" };
  await client.send(new CreateLogGroupCommand(place));
  await client.send(new CreateLogStreamCommand(place));
  const start = Date.now() - count; // after the start of the newest deployment
  for (let first = 0; first < count; first += linesPerRequest) {
    const length = Math.min(linesPerRequest, count - first);
    const logEvents = Array.from({ length }, (_, index) => ({
      timestamp: start + first + index,
      message: `\u001B[${31 + (index % 6)}mline ${first + index}\u001B[0m ${hostile}`,
    }));
    await client.send(new PutLogEventsCommand({ ...place, logEvents }));
  }
}

const idOf = (index: number) => `${index.toString(16).padStart(8, "0")}-1`;

async function writeDeployments(local: TestCloud, count: number, execution: string): Promise<void> {
  const client = local.client(DynamoDBClient);
  const key = (AttributeName: string, KeyType: "HASH" | "RANGE") => ({ AttributeName, KeyType });
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: ["pk", "sk", "createdAt"].map((name) => ({ AttributeName: name, AttributeType: "S" })),
      KeySchema: [key("pk", "HASH"), key("sk", "RANGE")],
      GlobalSecondaryIndexes: [
        {
          IndexName: "deployments-by-time",
          KeySchema: [key("pk", "HASH"), key("createdAt", "RANGE")],
          Projection: { ProjectionType: "ALL" },
        },
      ],
    }),
  );
  const documents = DynamoDBDocumentClient.from(client);
  const now = Date.now();
  const items = Array.from({ length: count }, (_, index) => ({
    ...deploymentItem(index, now - (count - index) * 120_000),
    execution,
  }));
  for (let first = 0; first < count; first += 25) {
    const requests = items.slice(first, first + 25).map((Item) => ({ PutRequest: { Item } }));
    await documents.send(new BatchWriteCommand({ RequestItems: { [TableName]: requests } }));
  }
}

/** Every text of people and programs in it is hostile. */
function deploymentItem(index: number, at: number): Record<string, unknown> {
  const deployment = idOf(index);
  const createdAt = new Date(at).toISOString();
  const endedAt = new Date(at + 30_000).toISOString();
  return {
    pk: "deployment",
    sk: deployment,
    deployment,
    commit: index.toString(16).padStart(40, "0"),
    branch: "main",
    status: "failed",
    createdAt,
    endedAt,
    author: hostile,
    message: `Commit ${index} ${hostile}`,
    requestedBy: `arn:aws:iam::123456789012:user/${hostile}`,
    steps: { Build: { startedAt: createdAt, endedAt } },
    failure: { step: "Build", error: hostile, cause: hostile },
    waitsFor: hostile,
    plan: { pending: [hostile], notes: [hostile] },
    build: { id: "storefront-production:newest" },
    approval: { decision: hostile, by: hostile, at: createdAt, reason: hostile },
  };
}
