import { CodeCommitClient } from "@aws-sdk/client-codecommit";
import { CodeDeployClient } from "@aws-sdk/client-codedeploy";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { RDSClient } from "@aws-sdk/client-rds";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SFNClient } from "@aws-sdk/client-sfn";
import { STSClient } from "@aws-sdk/client-sts";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { UsageError } from "../errors.ts";

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

/** The AWS clients of a command: for the local cloud if one is running, else for the AWS account of the environment. */
export interface Clients {
  local: LocalEndpoint | undefined;
  codecommit: CodeCommitClient;
  codedeploy: CodeDeployClient;
  documents: DynamoDBDocumentClient;
  lambda: LambdaClient;
  loadBalancing: ElasticLoadBalancingV2Client;
  rds: RDSClient;
  secrets: SecretsManagerClient;
  sfn: SFNClient;
  sts: STSClient;
}

export function createClients(local: LocalEndpoint | undefined, region?: string): Clients {
  if (!local && !hasAwsCredentials(process.env)) {
    throw new UsageError(
      "No local cloud is running in this directory, and no AWS credentials are set. Fix: npm start, or set AWS_PROFILE.",
    );
  }
  const options = local ? localOptions(local) : { ...(region !== undefined && { region }) };
  return {
    local,
    codecommit: new CodeCommitClient(options),
    codedeploy: new CodeDeployClient(options),
    documents: DynamoDBDocumentClient.from(new DynamoDBClient(options)),
    lambda: new LambdaClient(options),
    loadBalancing: new ElasticLoadBalancingV2Client(options),
    rds: new RDSClient(options),
    secrets: new SecretsManagerClient(options),
    sfn: new SFNClient(options),
    sts: new STSClient(options),
  };
}

function localOptions({ endpoint, region, accessKeyId, secretAccessKey }: LocalEndpoint) {
  return { endpoint, region, credentials: { accessKeyId, secretAccessKey } };
}

/** The environment may still point to a local cloud that has stopped; its credentials are not for AWS. */
function hasAwsCredentials({ AWS_ENDPOINT_URL, AWS_PROFILE, AWS_ACCESS_KEY_ID }: NodeJS.ProcessEnv): boolean {
  return !AWS_ENDPOINT_URL?.startsWith("http://127.0.0.1:") && Boolean(AWS_PROFILE ?? AWS_ACCESS_KEY_ID);
}
