import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { CodeBuildClient } from "@aws-sdk/client-codebuild";
import { CodeCommitClient } from "@aws-sdk/client-codecommit";
import { CodeDeployClient } from "@aws-sdk/client-codedeploy";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { ECRClient } from "@aws-sdk/client-ecr";
import { ECSClient } from "@aws-sdk/client-ecs";
import { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { RDSClient } from "@aws-sdk/client-rds";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SFNClient } from "@aws-sdk/client-sfn";
import { STSClient } from "@aws-sdk/client-sts";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { AwsAccess } from "./credentials.ts";

/** How to reach a local cloud. */
export interface LocalEndpoint {
  endpoint: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** Password of git over HTTP. */
  gitToken: string;
  /** Certificate authority of its databases. */
  databaseCaFile: string;
}

/** The AWS clients of a command: for the local cloud if one is running, else for an AWS account. */
export interface Clients {
  local: LocalEndpoint | undefined;
  cloudwatch: CloudWatchClient;
  codebuild: CodeBuildClient;
  codecommit: CodeCommitClient;
  codedeploy: CodeDeployClient;
  documents: DynamoDBDocumentClient;
  ecr: ECRClient;
  ecs: ECSClient;
  lambda: LambdaClient;
  loadBalancing: ElasticLoadBalancingV2Client;
  logs: CloudWatchLogsClient;
  rds: RDSClient;
  secrets: SecretsManagerClient;
  sfn: SFNClient;
  sts: STSClient;
}

export function createClients(target: LocalEndpoint | AwsAccess): Clients {
  const local = "endpoint" in target ? target : undefined;
  const options = clientOptions(target);
  return {
    local,
    cloudwatch: new CloudWatchClient(options),
    codebuild: new CodeBuildClient(options),
    codecommit: new CodeCommitClient(options),
    codedeploy: new CodeDeployClient(options),
    documents: DynamoDBDocumentClient.from(new DynamoDBClient(options)),
    ecr: new ECRClient(options),
    ecs: new ECSClient(options),
    lambda: new LambdaClient(options),
    loadBalancing: new ElasticLoadBalancingV2Client(options),
    logs: new CloudWatchLogsClient(options),
    rds: new RDSClient(options),
    secrets: new SecretsManagerClient(options),
    sfn: new SFNClient(options),
    sts: new STSClient(options),
  };
}

function clientOptions(target: LocalEndpoint | AwsAccess) {
  if ("provider" in target) return { region: target.region, credentials: target.provider };
  const { endpoint, region, accessKeyId, secretAccessKey } = target;
  return { endpoint, region, credentials: { accessKeyId, secretAccessKey } };
}
