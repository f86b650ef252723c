import {
  BatchGetBuildsCommand,
  CodeBuildClient,
  StartBuildCommand,
  type Build,
  type StartBuildCommandInput,
} from "@aws-sdk/client-codebuild";
import { CodeCommitClient, CreateRepositoryCommand } from "@aws-sdk/client-codecommit";
import { CloudWatchLogsClient, GetLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { expect, vi } from "vitest";
import type { ResourceContext } from "#local/cloud/index.ts";
import { cloudwatchLogs } from "#local/services/cloudwatch-logs/index.ts";
import { codebuild } from "#local/services/codebuild/index.ts";
import { codecommit } from "#local/services/codecommit/index.ts";
import { secretsManager } from "#local/services/secrets-manager/index.ts";
import { startTestCloud, type TestCloud, type TestCloudOptions } from "./local-cloud.ts";

const statement = (Action: string[], Resource: string | string[] = "*") => ({ Effect: "Allow", Action, Resource });
const policy = (...Statement: object[]) => ({ Version: "2012-10-17", Statement });
const logActions = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"];

const roles = {
  builder: policy(
    statement([
      "codecommit:GitPull",
      "s3:GetObject*",
      "s3:PutObject",
      "secretsmanager:GetSecretValue",
      "ecr:*",
      ...logActions,
    ]),
  ),
  "without-cache": policy(statement(["codecommit:GitPull", "s3:GetObject*", ...logActions])),
  "without-source": policy(statement(logActions)),
  "without-logs": policy(statement(["codecommit:GitPull"])),
  starter: policy(
    statement(["codebuild:StartBuild"], "arn:aws:codebuild:eu-central-1:123456789012:project/shop"),
    statement(["codebuild:BatchGetBuilds"]),
  ),
};

/** A cloud with the services that builds use, and a repository `shop`. */
export async function startBuildCloud(options: Partial<TestCloudOptions> = {}): Promise<TestCloud> {
  const services = [cloudwatchLogs, secretsManager, codecommit, codebuild, ...(options.services ?? [])];
  const local = await startTestCloud({ ...options, services, roles });
  await local
    .client(CodeCommitClient)
    .send(new CreateRepositoryCommand({ repositoryName: "shop" }))
    .catch((error: Error) => expect(error.name).toBe("RepositoryNameExistsException"));
  return local;
}

export const pushUrl = ({ cloud, endpoint }: TestCloud) => {
  const token = cloud.issueToken({ kind: "root", arn: `arn:aws:iam::${cloud.accountId}:root` });
  return `${endpoint.replace("//", `//lockstep:${token}@`)}/v1/repos/shop`;
};

interface ProjectOptions {
  name?: string;
  role?: string;
  buildspec?: string;
  secondary?: string;
  properties?: object;
}

/** Creates a project from CloudFormation properties, which override the defaults of these tests. */
export async function putProject(local: TestCloud, options: ProjectOptions = {}): Promise<void> {
  const { name = "shop", role = "builder", buildspec, secondary, properties = {} } = options;
  const type = local.resourceTypes.find(({ type }) => type === "AWS::CodeBuild::Project");
  const parsed: unknown = type?.properties.parse({
    Name: name,
    Source: {
      Type: "CODECOMMIT",
      Location: `${local.endpoint}/v1/repos/shop`,
      ...(buildspec === undefined ? {} : { BuildSpec: buildspec }),
    },
    ...(secondary === undefined
      ? {}
      : { SecondarySources: [{ Type: "S3", Location: "assets/kit.zip", SourceIdentifier: "release_kit" }] }),
    Artifacts: { Type: "NO_ARTIFACTS" },
    Environment: { Type: "LINUX_CONTAINER", Image: "aws/codebuild/standard:7.0", ComputeType: "BUILD_GENERAL1_SMALL" },
    ServiceRole: local.roleArn(role),
    ...properties,
  });
  const context: ResourceContext = {
    stackName: "test",
    logicalId: name,
    generatedName: () => name,
    assetPath: () => secondary ?? "",
  };
  await type?.create(parsed, context);
}

export async function startBuild(local: TestCloud, input: Partial<StartBuildCommandInput> = {}): Promise<string> {
  const { build } = await local.client(CodeBuildClient).send(new StartBuildCommand({ projectName: "shop", ...input }));
  return build?.id ?? "";
}

export async function getBuild(local: TestCloud, id: string): Promise<Build> {
  const { builds = [] } = await local.client(CodeBuildClient).send(new BatchGetBuildsCommand({ ids: [id] }));
  const [build] = builds;
  if (!build) throw new Error(`No build ${id}`);
  return build;
}

export const whenOver = (local: TestCloud, id: string, timeout = 25_000): Promise<Build> =>
  vi.waitFor(
    async () => {
      const build = await getBuild(local, id);
      expect(build.buildComplete).toBe(true);
      return build;
    },
    { timeout, interval: 50 },
  );

export async function runBuild(local: TestCloud, input: Partial<StartBuildCommandInput> = {}): Promise<Build> {
  return whenOver(local, await startBuild(local, input));
}

export async function logOf(local: TestCloud, { logs }: Build): Promise<string[]> {
  const { events = [] } = await local.client(CloudWatchLogsClient).send(
    new GetLogEventsCommand({
      logGroupName: logs?.groupName,
      logStreamName: logs?.streamName ?? "",
      startFromHead: true,
    }),
  );
  return events.map(({ message = "" }) => message);
}

/** Status of each phase, in order. */
export const phasesOf = ({ phases = [] }: Build) =>
  phases.map(({ phaseType, phaseStatus }) => (phaseStatus ? `${phaseType} ${phaseStatus}` : `${phaseType}`));

/** The context message of a phase. */
export const contextOf = ({ phases = [] }: Build, type: string) =>
  phases.find(({ phaseType }) => phaseType === type)?.contexts?.[0];
