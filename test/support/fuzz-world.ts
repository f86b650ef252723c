import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { CodeCommitClient, CreateRepositoryCommand } from "@aws-sdk/client-codecommit";
import { services } from "#local/services/index.ts";
import { pushUrl, putProject } from "./builds.ts";
import { prepareStage, type Stage } from "./codedeploy.ts";
import type { Json } from "./fuzz-input.ts";
import { workingCopy } from "./git.ts";
import { startTestCloud, type TestCloud } from "./local-cloud.ts";

const anything = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] };

/** A cloud of all services with something in each, for requests that may destroy it. */
export async function startFuzzWorld(): Promise<{ local: TestCloud; stage: Stage }> {
  const roles = Object.fromEntries(["execution", "task", "builder"].map((name) => [name, anything]));
  const local = await startTestCloud({ services, roles, speed: 1200 });
  const trustedServices = [{ service: "codedeploy.amazonaws.com", conditions: {} }];
  const deploy = { trustedServices, inlinePolicies: { anything }, managedPolicyArns: [] };
  local.access.putRole({ name: "deploy", arn: local.roleArn("deploy"), ...deploy });
  await local.client(CodeCommitClient).send(new CreateRepositoryCommand({ repositoryName: "shop" }));
  const source = await workingCopy();
  await source.commit({ "file.txt": "one\n" });
  await source.git("push", "--quiet", pushUrl(local), "main");
  source.remove();
  await putProject(local);
  await putFunction(local);
  return { local, stage: await prepareStage(local) };
}

async function putFunction(local: TestCloud): Promise<void> {
  const directory = path.join(local.directory, "function");
  mkdirSync(directory);
  writeFileSync(path.join(directory, "index.mjs"), "export const handler = async (event) => event;");
  const type = local.resourceTypes.find((each) => each.type === "AWS::Lambda::Function");
  const properties = type?.properties.parse({
    FunctionName: "echo",
    Code: { S3Bucket: "assets", S3Key: directory },
    Handler: "index.handler",
    Runtime: "nodejs24.x",
    Role: local.roleArn("execution"),
  });
  const context = { logicalId: "Echo", stackName: "Stack", generatedName: () => "generated" };
  await type?.create(properties, { ...context, assetPath: (_bucket, key) => key });
}

const arn = (service: string, resource: string) => `arn:aws:${service}:eu-central-1:123456789012:${resource}`;
const roleArn = "arn:aws:iam::123456789012:role/execution";
const oneDay = 24 * 3600;
const now = Math.floor(Date.now() / 1000);
const stateMachineArn = arn("states", "stateMachine:fuzz");
const key = { pk: { S: "1" } };

const definition = JSON.stringify({
  QueryLanguage: "JSONata",
  StartAt: "One",
  States: {
    One: { Type: "Wait", Seconds: "{% $states.input.seconds ? 60 : 0 %}", Next: "Two" },
    Two: {
      Type: "Task",
      Resource: "arn:aws:states:::lambda:invoke.waitForTaskToken",
      Arguments: { FunctionName: "echo", Payload: { token: "{% $states.context.Task.Token %}" } },
      Retry: [{ ErrorEquals: ["States.Timeout"], MaxAttempts: 2, IntervalSeconds: 1 }],
      Catch: [{ ErrorEquals: ["States.ALL"], Next: "Three" }],
      TimeoutSeconds: 60,
      Next: "Three",
    },
    Three: { Type: "Choice", Choices: [{ Condition: "{% $states.input.x = 1 %}", Next: "Four" }], Default: "Four" },
    Four: { Type: "Pass", Output: { y: "{% $sum([1, 2]) %}" }, End: true },
  },
});
const appSpec = JSON.stringify({
  version: 0.0,
  Resources: [
    {
      TargetService: {
        Type: "AWS::ECS::Service",
        Properties: {
          TaskDefinition: arn("ecs", "task-definition/web:1"),
          LoadBalancerInfo: { ContainerName: "app", ContainerPort: 3000 },
        },
      },
    },
  ],
});
const event = { id: "1", account: "1", source: "aws.ecs", time: "2026-01-01T00:00:00Z", region: "eu", resources: [] };

/** Requests that succeed, in this order. Random ones are made from them, too. */
export const seedsOf = (stage: Stage): [service: string, operation: string, input: Json][] => [
  ["sfn", "CreateStateMachine", { name: "fuzz", roleArn, definition }],
  ["sfn", "StartExecution", { stateMachineArn, name: "one", input: "{}" }],
  ["sfn", "DescribeExecution", { executionArn: arn("states", "execution:fuzz:one") }],
  [
    "eventbridge",
    "PutRule",
    {
      Name: "fuzz",
      EventPattern: JSON.stringify({ source: ["shop", { prefix: "" }], detail: { n: [{ numeric: [">", 1] }] } }),
    },
  ],
  ["eventbridge", "PutRule", { Name: "often", ScheduleExpression: "rate(5 minutes)" }],
  [
    "eventbridge",
    "PutTargets",
    {
      Rule: "fuzz",
      Targets: [
        {
          Id: "1",
          Arn: arn("lambda", "function:echo"),
          InputTransformer: { InputPathsMap: { a: "$.detail.n" }, InputTemplate: '{"a": <a>}' },
        },
      ],
    },
  ],
  ["eventbridge", "PutEvents", { Entries: [{ Source: "shop", DetailType: "t", Detail: '{"n":2}' }] }],
  [
    "eventbridge",
    "TestEventPattern",
    { EventPattern: '{"source":["aws.ecs"]}', Event: JSON.stringify({ ...event, detail: {}, "detail-type": "t" }) },
  ],
  [
    "cloudwatch",
    "PutMetricData",
    {
      Namespace: "Shop",
      MetricData: [{ MetricName: "Orders", Value: 1, Dimensions: [{ Name: "Stage", Value: "prod" }] }],
    },
  ],
  [
    "cloudwatch",
    "PutMetricAlarm",
    {
      AlarmName: "orders",
      Namespace: "Shop",
      MetricName: "Orders",
      Statistic: "Sum",
      Period: 60,
      EvaluationPeriods: 3,
      Threshold: 1,
      ComparisonOperator: "GreaterThanThreshold",
    },
  ],
  [
    "cloudwatch",
    "PutMetricAlarm",
    {
      AlarmName: "share",
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: "GreaterThanThreshold",
      Metrics: [
        {
          Id: "m1",
          MetricStat: { Metric: { Namespace: "Shop", MetricName: "Orders" }, Period: 60, Stat: "p99" },
          ReturnData: false,
        },
        { Id: "e1", Expression: "IF(m1 > 1, m1 / 2, FILL(m1, 0))" },
      ],
    },
  ],
  [
    "cloudwatch",
    "GetMetricData",
    {
      StartTime: now - 3600,
      EndTime: now,
      MetricDataQueries: [
        { Id: "e1", Expression: "ABS(m1 - 1) + CEIL(m1)" },
        { Id: "m1", MetricStat: { Metric: { Namespace: "Shop", MetricName: "Orders" }, Period: 60, Stat: "Sum" } },
      ],
    },
  ],
  [
    "cloudwatch",
    "GetMetricStatistics",
    {
      Namespace: "Shop",
      MetricName: "Orders",
      StartTime: now - 3600,
      EndTime: now,
      Period: 60,
      Statistics: ["Sum"],
      ExtendedStatistics: ["p99"],
    },
  ],
  ["cloudwatch", "SetAlarmState", { AlarmName: "orders", StateValue: "ALARM", StateReason: "x" }],
  ["cloudwatch-logs", "CreateLogStream", { logGroupName: "/tasks", logStreamName: "one" }],
  [
    "cloudwatch-logs",
    "PutLogEvents",
    {
      logGroupName: "/tasks",
      logStreamName: "one",
      logEvents: [{ timestamp: now * 1000, message: '{"level":"error","n":2}' }],
    },
  ],
  ["cloudwatch-logs", "GetLogEvents", { logGroupName: "/tasks", logStreamName: "one", limit: 1 }],
  ["cloudwatch-logs", "FilterLogEvents", { logGroupName: "/tasks", filterPattern: '?ERROR -warn "x y"', startTime: 0 }],
  ["secrets-manager", "CreateSecret", { Name: "fuzz", SecretString: "{}", Tags: [{ Key: "a", Value: "b" }] }],
  [
    "secrets-manager",
    "PutSecretValue",
    { SecretId: "fuzz", SecretString: "2", VersionStages: ["AWSPENDING"], ClientRequestToken: "x".repeat(32) },
  ],
  ["secrets-manager", "GetRandomPassword", { PasswordLength: 20, ExcludeCharacters: "abc" }],
  ["secrets-manager", "ListSecrets", { Filters: [{ Key: "name", Values: ["fuzz"] }] }],
  [
    "rds",
    "CreateDBInstance",
    {
      DBInstanceIdentifier: "fuzz",
      DBInstanceClass: "db.t4g.micro",
      Engine: "postgres",
      AllocatedStorage: 20,
      MasterUsername: "lockstep",
      MasterUserPassword: "password1",
      Tags: [{ Key: "a", Value: "b" }],
    },
  ],
  ["rds", "DescribeEvents", { SourceIdentifier: "fuzz", SourceType: "db-instance", Duration: 60 }],
  ["rds", "ListTagsForResource", { ResourceName: arn("rds", "db:fuzz") }],
  [
    "dynamodb",
    "CreateTable",
    {
      TableName: "fuzz",
      KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
      AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
      BillingMode: "PAY_PER_REQUEST",
    },
  ],
  [
    "dynamodb",
    "PutItem",
    {
      TableName: "fuzz",
      Item: {
        ...key,
        n: { N: "1" },
        m: { M: { l: { L: [{ BOOL: true }, { NULL: true }, { B: "AA==" }, { SS: ["a"] }] } } },
      },
      ConditionExpression: "attribute_not_exists(#a) OR n > :n",
      ExpressionAttributeNames: { "#a": "pk" },
      ExpressionAttributeValues: { ":n": { N: "0" } },
    },
  ],
  ["dynamodb", "GetItem", { TableName: "fuzz", Key: key, ProjectionExpression: "n, m.l[0]" }],
  [
    "dynamodb",
    "UpdateItem",
    {
      TableName: "fuzz",
      Key: key,
      UpdateExpression: "SET n = n + :n, m.x = if_not_exists(m.x, :n) ADD c :n REMOVE m.y",
      ExpressionAttributeValues: { ":n": { N: "1" } },
      ReturnValues: "ALL_NEW",
    },
  ],
  [
    "dynamodb",
    "Query",
    {
      TableName: "fuzz",
      KeyConditionExpression: "pk = :k",
      FilterExpression: "size(m) > :n",
      ExpressionAttributeValues: { ":k": { S: "1" }, ":n": { N: "0" } },
    },
  ],
  ["dynamodb", "Scan", { TableName: "fuzz", Limit: 1, Segment: 0, TotalSegments: 1 }],
  ["dynamodb", "BatchGetItem", { RequestItems: { fuzz: { Keys: [key] } } }],
  [
    "dynamodb",
    "BatchWriteItem",
    { RequestItems: { fuzz: [{ PutRequest: { Item: key } }, { DeleteRequest: { Key: { pk: { S: "2" } } } }] } },
  ],
  ["dynamodb", "DeleteItem", { TableName: "fuzz", Key: { pk: { S: "3" } } }],
  ["dynamodb", "TagResource", { ResourceArn: arn("dynamodb", "table/fuzz"), Tags: [{ Key: "a", Value: "b" }] }],
  ["dynamodb", "ListTagsOfResource", { ResourceArn: arn("dynamodb", "table/fuzz") }],
  ["codecommit", "GetBranch", { repositoryName: "shop", branchName: "main" }],
  ["codecommit", "GetFile", { repositoryName: "shop", commitSpecifier: "main", filePath: "file.txt" }],
  ["codecommit", "GetFolder", { repositoryName: "shop", folderPath: "" }],
  [
    "codebuild",
    "StartBuild",
    {
      projectName: "shop",
      buildspecOverride: '{"version":"0.2","phases":{"build":{"commands":["true"]}}}',
      environmentVariablesOverride: [{ name: "A", value: "b", type: "PLAINTEXT" }],
    },
  ],
  [
    "codedeploy",
    "CreateDeployment",
    {
      applicationName: "shop",
      deploymentGroupName: "web",
      revision: { revisionType: "AppSpecContent", appSpecContent: { content: appSpec } },
    },
  ],
  ["ecr", "DescribeImages", { repositoryName: "app", imageIds: [{ imageTag: "1" }] }],
  ["ecr", "BatchGetImage", { repositoryName: "app", imageIds: [{ imageTag: "1" }] }],
  [
    "ecs",
    "RunTask",
    {
      cluster: "main",
      taskDefinition: "web:1",
      launchType: "FARGATE",
      networkConfiguration: { awsvpcConfiguration: { subnets: ["subnet-1"] } },
      overrides: {
        containerOverrides: [{ name: "app", command: ["hello"], environment: [{ name: "A", value: "b" }] }],
      },
    },
  ],
  ["ecs", "DescribeServices", { cluster: "main", services: ["web"] }],
  ["ecs", "DescribeTaskDefinition", { taskDefinition: "web", include: ["TAGS"] }],
  ["elastic-load-balancing-v2", "CreateLoadBalancer", { Name: "fuzz", Subnets: ["a", "b"] }],
  [
    "elastic-load-balancing-v2",
    "CreateTargetGroup",
    {
      Name: "fuzz",
      Protocol: "HTTP",
      Port: 3000,
      VpcId: "vpc-1",
      TargetType: "ip",
      HealthCheckPath: "/",
      Matcher: { HttpCode: "200-299" },
    },
  ],
  ["elastic-load-balancing-v2", "DescribeListeners", { ListenerArns: [stage.production] }],
  ["elastic-load-balancing-v2", "DescribeRules", { ListenerArn: stage.production }],
  [
    "elastic-load-balancing-v2",
    "ModifyListener",
    { ListenerArn: stage.test, DefaultActions: [{ Type: "forward", TargetGroupArn: stage.blue }] },
  ],
  [
    "elastic-load-balancing-v2",
    "DescribeTargetHealth",
    { TargetGroupArn: stage.blue, Targets: [{ Id: "127.0.0.1", Port: 3000 }] },
  ],
  [
    "ecs",
    "RegisterTaskDefinition",
    {
      family: "fuzz",
      cpu: "256",
      memory: "512",
      networkMode: "awsvpc",
      requiresCompatibilities: ["FARGATE"],
      executionRoleArn: roleArn,
      containerDefinitions: [
        {
          name: "app",
          image: "123456789012.dkr.ecr.eu-central-1.amazonaws.com/app:1",
          portMappings: [{ containerPort: 3000 }],
          environment: [{ name: "A", value: "b" }],
          secrets: [{ name: "S", valueFrom: arn("secretsmanager", "secret:fuzz") }],
        },
      ],
    },
  ],
  ["lambda", "Invoke", { FunctionName: "echo", Payload: "{}" }],
  [
    "lambda",
    "UpdateFunctionConfiguration",
    { FunctionName: "echo", Timeout: 3, Environment: { Variables: { A: "b" } } },
  ],
  ["lambda", "PutFunctionConcurrency", { FunctionName: "echo", ReservedConcurrentExecutions: 5 }],
];

/** Names that requests give to what others describe. */
export const knownNames: Readonly<Record<string, readonly string[]>> = {
  roleArn: [roleArn],
  cluster: ["main"],
  service: ["web"],
  taskDefinition: ["web", "web:1"],
  applicationName: ["shop"],
  deploymentGroupName: ["web"],
  FunctionName: ["echo", arn("lambda", "function:echo"), "echo:$LATEST"],
  projectName: ["shop"],
  repositoryName: ["shop", "app"],
  AlarmName: ["orders", "share"],
  EventBusName: ["default"],
  ScheduleExpression: ["rate(1 minute)", "cron(0 12 * * ? *)"],
  Detail: ["{}"],
  Payload: ["{}", "null"],
  content: [appSpec],
  startTime: [String(now - oneDay)],
};
