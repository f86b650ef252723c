import { Logger } from "@aws-lambda-powertools/logger";
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { CodeBuildClient } from "@aws-sdk/client-codebuild";
import { CodeCommitClient } from "@aws-sdk/client-codecommit";
import { CodeDeployClient } from "@aws-sdk/client-codedeploy";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { ECRClient } from "@aws-sdk/client-ecr";
import { ECSClient } from "@aws-sdk/client-ecs";
import { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { RDSClient } from "@aws-sdk/client-rds";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SFNClient } from "@aws-sdk/client-sfn";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import * as z from "zod/mini";
import { createGitHub, type GitHub, tokenFrom } from "./github.ts";
import { stepFunctions } from "./machine.ts";
import type { Deps } from "./journal.ts";
import { notify } from "./notice.ts";
import { dynamoTable } from "./table.ts";

/** The only file of the functions that accesses environment variables, clock and network. Clients are created once per function environment. */
const config = {
  maxAttempts: 4,
  // A call that hangs must not use up the timeout of the function: a step can always be run again.
  requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
};

export const logger = new Logger({ serviceName: "lockstep" });

export const clock = {
  now: () => new Date(),
  sleep: (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds)),
};

export const cloudWatch = () => new CloudWatchClient(config);
export const codeBuild = () => new CodeBuildClient(config);
export const codeCommit = () => new CodeCommitClient(config);
export const codeDeploy = () => new CodeDeployClient(config);
export const ecr = () => new ECRClient(config);
export const ecs = () => new ECSClient(config);
export const eventBridge = () => new EventBridgeClient(config);
export const loadBalancing = () => new ElasticLoadBalancingV2Client(config);
export const logs = () => new CloudWatchLogsClient(config);
export const rds = () => new RDSClient(config);
export const secretsManager = () => new SecretsManagerClient(config);
export const sfn = () => new SFNClient(config);

/** Only the local cloud sets GITHUB_API_URL, for its stand-in. */
export const gitHub = (tokenArn: string): GitHub =>
  createGitHub({
    url: process.env.GITHUB_API_URL ?? "https://api.github.com",
    token: tokenFrom(secretsManager(), tokenArn),
  });

export function openDeps(): Deps {
  const { TABLE_NAME } = settings(z.object({ TABLE_NAME: z.string() }));
  const documents = DynamoDBDocumentClient.from(new DynamoDBClient(config), {
    marshallOptions: { removeUndefinedValues: true },
  });
  const table = dynamoTable(documents, TABLE_NAME);
  return { table, machine: stepFunctions(sfn()), clock, log: logger, announce: announcer(TABLE_NAME) };
}

/** A report on GitHub that fails must not fail the step: the next one repeats it. */
function announcer(table: string): Deps["announce"] {
  if (process.env.REPORTS_TO_GITHUB === undefined) return undefined;
  const client = eventBridge();
  return (deployment) =>
    notify(client, "Lockstep Deployment Changed", { table, deployment }).catch((error: unknown) =>
      logger.info("Change not announced", { error: String(error) }),
    );
}

/** The environment variables of the function, checked when it starts: a missing one is an error in the template. */
export function settings<Shape extends z.ZodMiniType>(schema: Shape): z.output<Shape> {
  const result = z.safeParse(schema, process.env);
  if (result.success) return result.data;
  const issues = result.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  throw new Error(`Invalid environment variables: ${issues.join("; ")}`);
}
