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
import { findRunningCloud, type RunningCloud } from "../local/state-directory.ts";
import { UsageError } from "../errors.ts";

/** The AWS clients of a command: of the local cloud when one runs in this folder, else of the account that the environment names. */
export interface Clients {
  local: RunningCloud | undefined;
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

export function createClients(region?: string): Clients {
  const local = findRunningCloud();
  if (!local && !namesAnAccount(process.env)) {
    throw new UsageError(
      "No local cloud runs in this folder and no AWS account is named. Start one with `npm start`, or set AWS_PROFILE.",
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

function localOptions({ endpoint, region, accessKeyId, secretAccessKey }: RunningCloud) {
  return { endpoint, region, credentials: { accessKeyId, secretAccessKey } };
}

/** Not when the environment still points at a local cloud that has stopped. */
function namesAnAccount({ AWS_ENDPOINT_URL, AWS_PROFILE, AWS_ACCESS_KEY_ID }: NodeJS.ProcessEnv): boolean {
  return !AWS_ENDPOINT_URL?.startsWith("http://127.0.0.1:") && Boolean(AWS_PROFILE ?? AWS_ACCESS_KEY_ID);
}
