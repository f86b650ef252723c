import { LambdaClient, UpdateFunctionConfigurationCommand } from "@aws-sdk/client-lambda";
import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { cloudwatchLogs } from "#local/services/cloudwatch-logs/index.ts";
import { dynamodb } from "#local/services/dynamodb/index.ts";
import { eventbridge } from "#local/services/eventbridge/index.ts";
import { github } from "#local/services/github/index.ts";
import { lambda } from "#local/services/lambda/index.ts";
import { secretsManager } from "#local/services/secrets-manager/index.ts";
import { sfn } from "#local/services/sfn/index.ts";
import { sts } from "#local/services/sts/index.ts";
import { bundleFunction } from "../../lib/bundle-function.ts";
import { workingCopy } from "./git.ts";
import { startTestCloud, type TestCloud } from "./local-cloud.ts";

const everything = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] };

interface Source {
  repository: string;
  branch: string;
  /** Signs deliveries. */
  secret: string;
}

/** The functions that receive pushes, with a deploy machine that does nothing, and a repository in the stand-in of GitHub. */
export async function startWebhookStage(source: Source) {
  const services = [sts, cloudwatchLogs, secretsManager, dynamodb, lambda, sfn, eventbridge];
  const local = await startTestCloud({ services, standIns: [github], roles: { all: everything }, speed: 600 });
  const token = local.cloud.issueToken({ kind: "root", arn: "arn:aws:iam::123456789012:root" });
  const machineArn = local.cloud.arn("states", "stateMachine:deploy");
  const copy = await createRepository(local, source, token);
  const variables = {
    WEBHOOK_SECRET_ARN: await createSecret(local, "webhook", source.secret),
    GITHUB_TOKEN_ARN: await createSecret(local, "token", token),
    STAGE: "test",
    TABLE_NAME: "stage",
    DEPLOY_MACHINE_ARN: machineArn,
    REPOSITORY_NAME: source.repository,
    BRANCH: source.branch,
    PATHS: "[]",
  };
  const url = await createStage(local, variables);
  /** The environment of receive-push. */
  const configure = (Variables: Record<string, string>) =>
    local
      .client(LambdaClient)
      .send(new UpdateFunctionConfigurationCommand({ FunctionName: "receive-push", Environment: { Variables } }));
  return { local, copy, url, token, machineArn, variables, configure };
}

async function createRepository(local: TestCloud, { repository }: Source, token: string) {
  const [owner = "", name = ""] = repository.split("/");
  await fetch(`${local.endpoint}/github-api/orgs/${owner}/repos`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify({ name }),
  });
  const copy = await workingCopy();
  const host = local.endpoint.replace("http://", `http://git:${token}@`);
  await copy.git("remote", "add", "origin", `${host}/github/${repository}.git`);
  return copy;
}

async function provision(
  local: TestCloud,
  type: string,
  { logicalId, ...properties }: { logicalId: string } & Record<string, unknown>,
) {
  const resource = local.resourceTypes.find((candidate) => candidate.type === type);
  if (!resource) throw new Error(`no ${type}`);
  const context = {
    logicalId,
    stackName: "Stack",
    generatedName: () => logicalId,
    assetPath: (_: string, key: string) => key,
  };
  return resource.create(resource.properties.parse(properties), context);
}

async function createStage(local: TestCloud, variables: Record<string, string>): Promise<string> {
  const attributes = ["pk", "sk"].map((AttributeName) => ({ AttributeName, AttributeType: "S" }));
  const keys = ["HASH", "RANGE"].map((KeyType, index) => ({ AttributeName: index === 0 ? "pk" : "sk", KeyType }));
  const schema = { AttributeDefinitions: attributes, KeySchema: keys, BillingMode: "PAY_PER_REQUEST" };
  await provision(local, "AWS::DynamoDB::Table", { logicalId: "Table", TableName: "stage", ...schema });
  const definition = { QueryLanguage: "JSONata", StartAt: "Done", States: { Done: { Type: "Succeed" } } };
  const DefinitionString = JSON.stringify(definition);
  const RoleArn = local.roleArn("all");
  await provision(local, "AWS::StepFunctions::StateMachine", {
    logicalId: "Deploy",
    StateMachineName: "deploy",
    RoleArn,
    DefinitionString,
  });
  await deployFunction(local, variables, "receive-webhook");
  await deployFunction(local, variables, "receive-push");
  const Targets = [{ Id: "Target", Arn: local.cloud.arn("lambda", "function:receive-push") }];
  const EventPattern = {
    source: ["lockstep"],
    "detail-type": ["Lockstep Webhook Received"],
    detail: { table: ["stage"] },
  };
  await provision(local, "AWS::Events::Rule", { logicalId: "Rule", Name: "push", EventPattern, Targets });
  const FunctionName = local.cloud.arn("lambda", "function:receive-webhook");
  const allow = { FunctionName, Principal: "*" };
  const events = { FunctionName: Targets[0]?.Arn, Principal: "events.amazonaws.com", Action: "lambda:InvokeFunction" };
  await provision(local, "AWS::Lambda::Permission", {
    logicalId: "A",
    ...allow,
    Action: "lambda:InvokeFunctionUrl",
    FunctionUrlAuthType: "NONE",
  });
  await provision(local, "AWS::Lambda::Permission", {
    logicalId: "B",
    ...allow,
    Action: "lambda:InvokeFunction",
    InvokedViaFunctionUrl: true,
  });
  await provision(local, "AWS::Lambda::Permission", { logicalId: "C", ...events });
  const created = await provision(local, "AWS::Lambda::Url", {
    logicalId: "Url",
    AuthType: "NONE",
    TargetFunctionArn: FunctionName,
  });
  return created.attributes?.FunctionUrl ?? "";
}

async function createSecret(local: TestCloud, Name: string, SecretString: string): Promise<string> {
  const { ARN = "" } = await local.client(SecretsManagerClient).send(new CreateSecretCommand({ Name, SecretString }));
  return ARN;
}

async function deployFunction(local: TestCloud, variables: Record<string, string>, name: string): Promise<void> {
  await provision(local, "AWS::Lambda::Function", {
    logicalId: name,
    FunctionName: name,
    Code: { S3Bucket: "assets", S3Key: bundleFunction(`events/${name}`) },
    Handler: "index.handler",
    Runtime: "nodejs24.x",
    Role: local.roleArn("all"),
    Timeout: 30,
    MemorySize: 512,
    Environment: { Variables: variables },
  });
}
