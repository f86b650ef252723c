import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { CodeCommitClient, CreateRepositoryCommand } from "@aws-sdk/client-codecommit";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { CreateRepositoryCommand as CreateRegistryCommand, ECRClient } from "@aws-sdk/client-ecr";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { CreateSecretCommand, PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { DescribeExecutionCommand, ListExecutionsCommand, SFNClient } from "@aws-sdk/client-sfn";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { build } from "esbuild";
import { expect, vi } from "vitest";
import type { CloudEvent } from "#local/cloud/index.ts";
import { cloudwatchLogs } from "#local/services/cloudwatch-logs/index.ts";
import { codebuild } from "#local/services/codebuild/index.ts";
import { codecommit } from "#local/services/codecommit/index.ts";
import { dynamodb } from "#local/services/dynamodb/index.ts";
import { ecr } from "#local/services/ecr/index.ts";
import { lambda } from "#local/services/lambda/index.ts";
import { rds } from "#local/services/rds/index.ts";
import { secretsManager } from "#local/services/secrets-manager/index.ts";
import { sfn } from "#local/services/sfn/index.ts";
import { sts } from "#local/services/sts/index.ts";
import { putProject } from "#test/support/builds.ts";
import { startTestCloud, type TestCloud } from "#test/support/local-cloud.ts";
import { openRegistry, pushImage } from "#test/support/oci-image.ts";
import { password, rdsOf } from "#test/support/rds.ts";
import { freeLock, readLock, settleQueue } from "../../../../lambdas/core/lock.ts";
import { stepFunctions } from "../../../../lambdas/core/machine.ts";
import { dynamoTable } from "../../../../lambdas/core/table.ts";

const everything = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] };
const services = [sts, cloudwatchLogs, secretsManager, codecommit, codebuild, dynamodb, ecr, rds, lambda, sfn];

export type Pipeline = Awaited<ReturnType<typeof startPipeline>>;

/** The pipeline up to Snapshot on the services that are real here. `events: false` loses every hint, but not the pushes. */
export async function startPipeline(options: { events: boolean; lock: "supersede" | "queue" }) {
  const local = await startTestCloud({ services, roles: { builder: everything } });
  await local.client(CodeCommitClient).send(new CreateRepositoryCommand({ repositoryName: "shop" }));
  await putProject(local);
  await makeTable(local);
  const secrets = await makeDatabase(local);
  const image = await makeImage(local);
  await makeFunctions(local, { ...secrets, REPOSITORY_URI: image.repositoryUri, LOCK_MODE: options.lock });
  await makeMachine(local);
  local.cloud.onEvent((event) => {
    if (event.source === "aws.codecommit") void invoke(local, "receive-push", event);
    else if (options.events && event.source !== "aws.lambda") void invoke(local, "resume", event);
    if (event.source === "aws.states") void giveLockBack(local).catch(() => {}); // the cloud may be going down
  });
  return { local, client: local.client(SFNClient), ...secrets, image, ...watch(local) };
}

function watch(local: TestCloud) {
  const client = local.client(SFNClient);
  const stateMachineArn = machineArn(local);
  const executions = async () => (await client.send(new ListExecutionsCommand({ stateMachineArn }))).executions ?? [];
  const ended = (executionArn: string) =>
    vi.waitFor(
      async () => {
        const execution = await client.send(new DescribeExecutionCommand({ executionArn }));
        expect(execution.status).not.toBe("RUNNING");
        return execution;
      },
      { timeout: 40_000, interval: 100 },
    );
  const started = (commit: string) =>
    vi.waitFor(
      async () => {
        const arn = (await executions()).find(({ name }) => name?.startsWith(commit.slice(0, 8)))?.executionArn;
        expect(arn).toBeDefined();
        return arn ?? "";
      },
      { timeout: 10_000, interval: 50 },
    );
  const setSecret = (SecretId: string, value: object) =>
    local
      .client(SecretsManagerClient)
      .send(new PutSecretValueCommand({ SecretId, SecretString: JSON.stringify(value) }));
  return { ended, started, setSecret };
}

/** Nothing after Snapshot runs here, so what the rollback machine has to do is only this. */
async function giveLockBack(local: TestCloud): Promise<void> {
  const table = dynamoTable(DynamoDBDocumentClient.from(local.client(DynamoDBClient)), "stage");
  const deps = { table, machine: stepFunctions(local.client(SFNClient)), clock: { now: () => new Date() } };
  const { holder, generation } = await readLock(table);
  if (holder === undefined || (await deps.machine.isRunning(holder))) return;
  await freeLock(table, { execution: holder, generation });
  await settleQueue(deps);
}

type Properties = Readonly<Record<string, unknown>> & { readonly asset?: string };

const machineArn = ({ cloud }: TestCloud) => cloud.arn("states", "stateMachine:deploy");

async function provision(local: TestCloud, type: string, { asset = "", ...properties }: Properties): Promise<void> {
  const resource = local.resourceTypes.find((candidate) => candidate.type === type);
  if (!resource) throw new Error(`No ${type}`);
  const context = { logicalId: "Logical", stackName: "test", generatedName: () => "made", assetPath: () => asset };
  await resource.create(resource.properties.parse(properties), context);
}

async function makeTable(local: TestCloud): Promise<void> {
  await provision(local, "AWS::DynamoDB::Table", {
    TableName: "stage",
    AttributeDefinitions: ["pk", "sk"].map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
    KeySchema: [
      { AttributeName: "pk", KeyType: "HASH" },
      { AttributeName: "sk", KeyType: "RANGE" },
    ],
    BillingMode: "PAY_PER_REQUEST",
  });
}

async function makeDatabase(local: TestCloud) {
  const db = rdsOf(local);
  await db.create();
  await db.available("shop");
  const { Endpoint } = await db.describe("shop");
  const database = { host: Endpoint?.Address, port: Endpoint?.Port, username: "lockstep", password, dbname: "shop" };
  const make = async (Name: string, value: object) => {
    const created = new CreateSecretCommand({ Name, SecretString: JSON.stringify(value) });
    return (await local.client(SecretsManagerClient).send(created)).ARN ?? "";
  };
  return {
    DATABASE_SECRET_ARN: await make("shop/database", database),
    DATABASE_APP_SECRET_ARN: await make("shop/database/app", database),
    DATABASE_MIGRATIONS_SECRET_ARN: await make("shop/database/migrations", database),
    APP_SECRET_ARN: await make("shop/app", { SESSION_SECRET: "canary-session" }),
  };
}

/** What the builds of these tests export: none of them pushes an image. */
async function makeImage(local: TestCloud) {
  const client = local.client(ECRClient);
  const { repository } = await client.send(new CreateRegistryCommand({ repositoryName: "shop" }));
  const layers = [[{ path: "server.js", content: "" }]];
  const digest = await pushImage(await openRegistry(client), { repository: "shop", tag: "built", layers });
  return { repositoryUri: repository?.repositoryUri ?? "", digest };
}

const functions = {
  "receive-push": "events/receive-push",
  "acquire-lock": "deploy/acquire-lock",
  build: "deploy/build",
  plan: "deploy/plan",
  snapshot: "deploy/snapshot",
  resume: "events/resume",
};

async function makeFunctions(local: TestCloud, secrets: Record<string, string>): Promise<void> {
  const outdir = path.join(local.directory, "bundles");
  await build({
    entryPoints: Object.entries(functions).map(([name, entry]) => ({
      in: `lambdas/${entry}/index.ts`,
      out: `${name}/index`,
    })),
    outdir,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    keepNames: true,
    platform: "node",
    format: "esm",
    target: "node24",
    mainFields: ["module", "main"],
    external: ["pg-native"],
    banner: {
      js: 'import { createRequire as bundledRequire } from "node:module"; const require = bundledRequire(import.meta.url);',
    },
    logLevel: "error",
  });
  const Variables = {
    ...secrets,
    STAGE: "test",
    TABLE_NAME: "stage",
    DEPLOY_MACHINE_ARN: machineArn(local),
    REPOSITORY_NAME: "shop",
    BRANCH: "main",
    PATHS: "[]",
    PROJECT_NAME: "shop",
    BUILDSPEC: "buildspec.yml",
    RESERVED_VARIABLES: "PORT,PGHOST",
    STAGE_VARIABLES: "LOG_LEVEL",
    REQUIRED_VARIABLES_FILE: ".env.example",
    ASSETS_BEFORE_SHIFT: "true",
    MIGRATION_SETTINGS: '{"tool":"drizzle","table":"drizzle.__drizzle_migrations","command":[]}',
    SNAPSHOT_POLICY: "when-migrating",
    TASK_COUNT: "1",
    NODE_EXTRA_CA_CERTS: "/var/runtime/ca-cert.pem",
    DB_INSTANCE_IDENTIFIER: "shop",
    CLUSTER_ARN: "arn:cluster/shop",
    SERVICE_NAME: "shop",
    CODEDEPLOY_APPLICATION: "shop",
    CODEDEPLOY_DEPLOYMENT_GROUP: "shop",
  };
  for (const name of Object.keys(functions)) {
    const properties = {
      asset: path.join(outdir, name),
      FunctionName: name,
      Code: { S3Bucket: "assets", S3Key: name },
      Handler: "index.handler",
      Runtime: "nodejs24.x",
      Role: local.roleArn("builder"),
      Timeout: 30,
      MemorySize: 512,
      Environment: { Variables },
    };
    await provision(local, "AWS::Lambda::Function", properties);
  }
}

async function makeMachine(local: TestCloud): Promise<void> {
  const definition = readFileSync("statemachines/deploy.asl.json", "utf8");
  const kebab = (name: string) => name.replace(/(?<!^)[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
  const names = [...new Set([...definition.matchAll(/\$\{(\w+)FunctionArn\}/g)].map(([, name = ""]) => name))];
  const substitutions = names.map((name) => [
    `${name}FunctionArn`,
    local.cloud.arn("lambda", `function:${kebab(name)}`),
  ]);
  await provision(local, "AWS::StepFunctions::StateMachine", {
    StateMachineName: "deploy",
    RoleArn: local.roleArn("builder"),
    DefinitionString: definition,
    DefinitionSubstitutions: { ...Object.fromEntries(substitutions), HeartbeatSeconds: "2", ApprovalNeeded: "false" },
  });
}

async function invoke(local: TestCloud, name: string, { source, detailType, detail }: CloudEvent): Promise<void> {
  const event = { id: randomUUID(), time: new Date().toISOString(), source, "detail-type": detailType, detail };
  const Payload = JSON.stringify(event);
  await local.client(LambdaClient).send(new InvokeCommand({ FunctionName: name, InvocationType: "Event", Payload }));
}
