import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { BatchGetBuildsCommand, CodeBuildClient, ListBuildsCommand } from "@aws-sdk/client-codebuild";
import { CodeDeployClient, GetDeploymentCommand, ListDeploymentsCommand } from "@aws-sdk/client-codedeploy";
import { ECRClient, DescribeImagesCommand, GetAuthorizationTokenCommand } from "@aws-sdk/client-ecr";
import { DescribeServicesCommand, ECSClient } from "@aws-sdk/client-ecs";
import {
  CreateDBSnapshotCommand,
  DescribeDBSnapshotsCommand,
  RDSClient,
  waitUntilDBSnapshotAvailable,
} from "@aws-sdk/client-rds";
import { GetExecutionHistoryCommand, ListExecutionsCommand, SFNClient } from "@aws-sdk/client-sfn";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { runProgram } from "../support/command-line.ts";
import type { WorkingCopy } from "../support/git.ts";
import { startStage, type Stage } from "../support/stage.ts";

const root = path.resolve(import.meta.dirname, "..", "..");
const prefix = "storefront-production";
const stateMachineArn = `arn:aws:states:eu-central-1:123456789012:stateMachine:${prefix}-deploy`;
const logGroupName = `/aws/codebuild/${prefix}`;
const variables = [
  "AWS_ENDPOINT_URL",
  "AWS_REGION",
  "AWS_DEFAULT_REGION",
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "AWS_PROFILE",
] as const;

let stage: Stage;
let copy: WorkingCopy;
let commit: string;
/** The variables of a shell that evaluated the output of `lockstep env`; undefined if unset. */
let shell: Record<string, string | undefined>;

beforeAll(async () => {
  stage = await startStage();
  copy = await stage.clone("tiny-app");
  commit = await stage.push(copy, {});
  const first = await stage.ended(commit);
  expect(first.status, first.cause).toBe("SUCCEEDED");
  shell = evaluate(stage.directory);
}, 120_000);

afterAll(async () => {
  await stage?.remove();
  copy?.remove();
}, 60_000);

/** Starts from a shell with credentials of another account. */
function evaluate(directory: string): Record<string, string | undefined> {
  const script = 'eval "$("$0" cli/main.mjs env)" && "$0" --print "JSON.stringify(process.env)"';
  const env = {
    ...process.env,
    LOCKSTEP_STATE: directory,
    AWS_PROFILE: "work",
    AWS_SESSION_TOKEN: "of-another-account",
  };
  const printed = execFileSync("sh", ["-c", script, process.execPath], { cwd: root, env, encoding: "utf8" });
  const all = JSON.parse(printed) as Record<string, string>;
  return Object.fromEntries(variables.map((name) => [name, all[name]]));
}

it("`lockstep env` says where the cloud is and takes another account's profile and session away", () => {
  expect(shell).toEqual({
    AWS_ENDPOINT_URL: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    AWS_REGION: "eu-central-1",
    AWS_DEFAULT_REGION: "eu-central-1",
    AWS_ACCESS_KEY_ID: expect.stringMatching(/^AKIA[A-Z0-9]{16}$/),
    AWS_SECRET_ACCESS_KEY: expect.stringMatching(/^\S{40,}$/),
    AWS_SESSION_TOKEN: undefined,
    AWS_PROFILE: undefined,
  });
});

describe("SDK clients configured by environment variables only", () => {
  beforeEach(() => {
    for (const [name, value] of Object.entries(shell)) vi.stubEnv(name, value);
  });
  afterEach(() => vi.unstubAllEnvs());

  it("follow the deployment from execution to build, log, deployment and service", async () => {
    const { executions = [] } = await new SFNClient({}).send(new ListExecutionsCommand({ stateMachineArn }));
    expect(executions.map(({ status }) => status)).toEqual(["SUCCEEDED"]);
    const executionArn = executions[0]?.executionArn ?? "";
    const { events = [] } = await new SFNClient({}).send(new GetExecutionHistoryCommand({ executionArn }));
    expect(events[0]?.type).toBe("ExecutionStarted");

    const { ids = [] } = await new CodeBuildClient({}).send(new ListBuildsCommand({}));
    const { builds = [] } = await new CodeBuildClient({}).send(new BatchGetBuildsCommand({ ids }));
    expect(builds).toMatchObject([
      { buildStatus: "SUCCEEDED", sourceVersion: commit, logs: { groupName: logGroupName } },
    ]);
    const logs = new CloudWatchLogsClient({});
    const lines = await logs.send(new FilterLogEventsCommand({ logGroupName, filterPattern: "SUCCEEDED" }));
    expect(lines.events?.length).toBeGreaterThan(3);

    const codedeploy = new CodeDeployClient({});
    const group = { applicationName: prefix, deploymentGroupName: prefix };
    const { deployments = [] } = await codedeploy.send(new ListDeploymentsCommand(group));
    const [deploymentId = ""] = deployments;
    const { deploymentInfo } = await codedeploy.send(new GetDeploymentCommand({ deploymentId }));
    expect(deploymentInfo?.status).toBe("Succeeded");
    const { services = [] } = await new ECSClient({}).send(
      new DescribeServicesCommand({ cluster: prefix, services: [prefix] }),
    );
    expect(services).toMatchObject([{ status: "ACTIVE", runningCount: 1, taskSets: [{ status: "PRIMARY" }] }]);
  });

  it("take a snapshot and find it", async () => {
    const client = new RDSClient({});
    const DBSnapshotIdentifier = "taken-by-hand";
    await client.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: prefix, DBSnapshotIdentifier }));
    await waitUntilDBSnapshotAvailable(
      { client, maxWaitTime: 30, minDelay: 0.2, maxDelay: 0.5 },
      { DBSnapshotIdentifier },
    );
    const { DBSnapshots = [] } = await client.send(new DescribeDBSnapshotsCommand({ DBInstanceIdentifier: prefix }));
    expect(DBSnapshots.map((snapshot) => snapshot.DBSnapshotIdentifier)).toContain(DBSnapshotIdentifier);
  });

  it.each([
    { what: "a wrong secret", name: "AWS_SECRET_ACCESS_KEY", value: "wrong", error: "InvalidSignatureException" },
    {
      what: "an unknown access key",
      name: "AWS_ACCESS_KEY_ID",
      value: "AKIAIOSFODNN7EXAMPLE",
      error: "UnrecognizedClientException",
    },
  ])("are refused with $what", async ({ name, value, error }) => {
    vi.stubEnv(name, value);
    const refused = new SFNClient({}).send(new ListExecutionsCommand({ stateMachineArn }));
    await expect(refused).rejects.toMatchObject({ name: error });
  });
});

it("git is refused with a wrong password", async () => {
  const gitUrl = await stage.gitUrl();
  const wrong = gitUrl.replace(/:[^:@]+@/, ":wrong@");
  expect(await copy.git("ls-remote", gitUrl, "refs/heads/main")).toContain(commit);
  await expect(copy.git("ls-remote", wrong)).rejects.toThrow(/403/);
});

const version = spawnSync("aws", ["--version"], { encoding: "utf8" });
const noAws = version.error ? "aws is not in PATH" : undefined;

/** AWS_ENDPOINT_URL is supported from 1.29 and 2.13 on; older versions need `--endpoint-url`. */
function supportsEndpointUrl(): boolean {
  const [, major = 0, minor = 0] = (/aws-cli\/(\d+)\.(\d+)/.exec(version.stdout + version.stderr) ?? []).map(Number);
  return major === 2 ? minor >= 13 : minor >= 29;
}

describe("the AWS CLI", () => {
  beforeEach(({ skip }) => skip(noAws !== undefined, noAws));

  const aws = (command: string, changes: Record<string, string> = {}) => {
    const endpoint = supportsEndpointUrl() ? [] : ["--endpoint-url", shell.AWS_ENDPOINT_URL ?? ""];
    const environment = {
      ...shell,
      AWS_PAGER: "",
      AWS_EC2_METADATA_DISABLED: "true",
      HOME: "/nonexistent",
      ...changes,
    };
    return runProgram(["aws", ...endpoint, ...command.split(" ")], { environment });
  };

  const answer = async (command: string): Promise<string> => {
    const { exitCode, stdout, stderr } = await aws(`${command} --output text`);
    expect(exitCode, `${command}\n${stderr}`).toBe(0);
    return stdout.trim();
  };

  it("follows a deployment from execution to build, log, deployment and service", async () => {
    const [execution, build, deployment] = await Promise.all([
      answer(`stepfunctions list-executions --state-machine-arn ${stateMachineArn} --query executions[0].executionArn`),
      answer("codebuild list-builds --query ids[0]"),
      answer(
        `deploy list-deployments --application-name ${prefix} --deployment-group-name ${prefix} --query deployments[0]`,
      ),
    ]);
    expect(execution).toContain(`:execution:${prefix}-deploy:${commit.slice(0, 8)}`);
    const answers = await Promise.all([
      answer(`stepfunctions get-execution-history --execution-arn ${execution} --query events[-1].type --no-paginate`),
      answer(`codebuild batch-get-builds --ids ${build} --query builds[].[buildStatus,sourceVersion]`),
      answer(`deploy get-deployment --deployment-id ${deployment} --query deploymentInfo.status`),
      answer(`ecs describe-services --cluster ${prefix} --services ${prefix} --query services[].[status,runningCount]`),
      answer(`logs describe-log-streams --log-group-name ${logGroupName} --query logStreams[].logStreamName`),
      answer(
        `logs filter-log-events --log-group-name ${logGroupName} --filter-pattern SUCCEEDED --query events[0].message`,
      ),
      answer(
        `rds describe-db-snapshots --db-instance-identifier ${prefix} --query DBSnapshots[].[DBSnapshotIdentifier,Status]`,
      ),
    ]);
    expect(answers).toEqual([
      "ExecutionSucceeded",
      `SUCCEEDED\t${commit}`,
      "Succeeded",
      "ACTIVE\t1",
      expect.stringContaining(build.split(":")[1] ?? "no build"),
      expect.stringContaining("SUCCEEDED"),
      expect.stringContaining("taken-by-hand\tavailable"),
    ]);
  }, 60_000);

  it("is refused with a wrong secret and with an unknown access key", async () => {
    const command = "rds describe-db-instances";
    const wrongSecret = await aws(command, { AWS_SECRET_ACCESS_KEY: "wrong" });
    expect(wrongSecret.exitCode).not.toBe(0);
    expect(wrongSecret.stderr).toContain("SignatureDoesNotMatch");
    const wrongKey = await aws(command, { AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE" });
    expect(wrongKey.exitCode).not.toBe(0);
    expect(wrongKey.stderr).toContain("InvalidClientTokenId");
  });
});

const noSkopeo = spawnSync("skopeo", ["--version"]).error ? "there is no skopeo in PATH" : undefined;

describe("skopeo", () => {
  let image: string;
  let digest: string;
  let credentials: string;
  let directory: string;

  beforeEach(async ({ skip }) => {
    skip(noSkopeo !== undefined, noSkopeo);
    const ecr = await stage.client(ECRClient);
    const { authorizationData = [] } = await ecr.send(new GetAuthorizationTokenCommand({}));
    credentials = Buffer.from(authorizationData[0]?.authorizationToken ?? "", "base64").toString();
    const { live, endpoint } = await stage.status();
    digest = live?.imageDigest ?? "";
    image = `docker://${new URL(endpoint ?? "").host}/${prefix}`;
    directory = mkdtempSync(path.join(tmpdir(), "lockstep-image-"));
  });

  afterEach(() => {
    if (directory) rmSync(directory, { recursive: true, force: true });
  });

  const skopeo = (args: readonly string[]) => runProgram(["skopeo", ...args]);

  it("reads the live image by its digest", async () => {
    const { exitCode, stdout, stderr } = await skopeo([
      "inspect",
      "--tls-verify=false",
      "--creds",
      credentials,
      `${image}@${digest}`,
    ]);
    expect(exitCode, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      Digest: digest,
      Os: "linux",
      RepoTags: expect.arrayContaining([commit]),
    });
  });

  it("copies the image out and pushes it back under another name, unchanged", async () => {
    const layout = `oci:${directory}/layout:app`;
    const out = await skopeo([
      "copy",
      "--src-tls-verify=false",
      "--src-creds",
      credentials,
      `${image}@${digest}`,
      layout,
    ]);
    expect(out.exitCode, out.stderr).toBe(0);
    const { manifests } = JSON.parse(readFileSync(path.join(directory, "layout", "index.json"), "utf8")) as {
      manifests: { digest: string }[];
    };
    expect(manifests).toMatchObject([{ digest }]);
    expect(existsSync(path.join(directory, "layout", "blobs", "sha256", digest.replace("sha256:", "")))).toBe(true);

    const back = await skopeo([
      "copy",
      "--dest-tls-verify=false",
      "--dest-creds",
      credentials,
      layout,
      `${image}:copied`,
    ]);
    expect(back.exitCode, back.stderr).toBe(0);
    const ecr = await stage.client(ECRClient);
    const imageIds = [{ imageTag: "copied" }];
    const { imageDetails } = await ecr.send(new DescribeImagesCommand({ repositoryName: prefix, imageIds }));
    expect(imageDetails).toMatchObject([{ imageDigest: digest }]);
  });

  it("is refused with a wrong password", async () => {
    const { exitCode, stderr } = await skopeo([
      "inspect",
      "--tls-verify=false",
      "--creds",
      "AWS:wrong",
      `${image}@${digest}`,
    ]);
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain("authorization token is invalid");
  });
});
