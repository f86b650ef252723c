import { CloudWatchClient, GetMetricStatisticsCommand } from "@aws-sdk/client-cloudwatch";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { BatchDeleteImageCommand, ECRClient } from "@aws-sdk/client-ecr";
import { DeregisterTaskDefinitionCommand, ECSClient } from "@aws-sdk/client-ecs";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import {
  DescribeSecretCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { DynamoDBDocumentClient, QueryCommand } from "@aws-sdk/lib-dynamodb";
import type { Stage } from "./stage.ts";

const name = "storefront-production";

/** Removes all that a rollback to the release needs, and that only its label keeps of its secret variables. */
export async function removeRelease(stage: Stage, commit: string): Promise<void> {
  const { taskDefinition, imageDigest } = await findRelease(stage, commit);
  await (await stage.client(ECSClient)).send(new DeregisterTaskDefinitionCommand({ taskDefinition }));
  const image = { repositoryName: name, imageIds: [{ imageDigest }] };
  await (await stage.client(ECRClient)).send(new BatchDeleteImageCommand(image));
  const secrets = await stage.client(SecretsManagerClient);
  const secret = { SecretId: `${name}/app` };
  const { VersionIdsToStages = {} } = await secrets.send(new DescribeSecretCommand(secret));
  const onlyLabelled = ([, labels]: [string, string[]]) => labels.every((label) => label.startsWith("lockstep-"));
  const [RemoveFromVersionId, [VersionStage] = []] = Object.entries(VersionIdsToStages).find(onlyLabelled) ?? [];
  await secrets.send(new UpdateSecretVersionStageCommand({ ...secret, VersionStage, RemoveFromVersionId }));
}

async function findRelease(stage: Stage, commit: string) {
  const documents = DynamoDBDocumentClient.from(await stage.client(DynamoDBClient));
  const query = { KeyConditionExpression: "pk = :pk", ExpressionAttributeValues: { ":pk": "release" } };
  const { Items = [] } = await documents.send(new QueryCommand({ TableName: name, ...query }));
  const release = Items.find((item) => item.commit === commit && item.sk !== "current");
  return { taskDefinition: String(release?.taskDefinitionArn), imageDigest: String(release?.imageDigest) };
}

/** Runs the hourly check, and returns the lowest value of its metric in the last hour. */
export async function reportReadiness(stage: Stage): Promise<number> {
  const lambda = await stage.client(LambdaClient);
  const Payload = JSON.stringify({ check: "rollback-readiness" });
  const run = await lambda.send(new InvokeCommand({ FunctionName: `${name}-reconcile`, Payload }));
  if (run.FunctionError !== undefined) throw new Error(run.Payload?.transformToString());
  const cloudWatch = await stage.client(CloudWatchClient);
  const { Datapoints = [] } = await cloudWatch.send(
    new GetMetricStatisticsCommand({
      Namespace: "Lockstep",
      MetricName: "RollbackReady",
      Dimensions: [{ Name: "Stage", Value: name }],
      StartTime: new Date(Date.now() - 3_600_000),
      EndTime: new Date(Date.now() + 60_000),
      Period: 3600,
      Statistics: ["Minimum"],
    }),
  );
  return Math.min(...Datapoints.map(({ Minimum = 1 }) => Minimum));
}
