import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { type Build, CodeBuildClient } from "@aws-sdk/client-codebuild";
import { CodeCommitClient } from "@aws-sdk/client-codecommit";
import { ECRClient } from "@aws-sdk/client-ecr";
import { describe, expect, test } from "vitest";
import type { DeploymentRecord } from "../../../../../lambdas/core/record.ts";
import { build as buildStep, observeBuild, readImage } from "../../../../../lambdas/deploy/build/step.ts";
import { codeCommitRepository } from "../../../../../lambdas/source/codecommit.ts";
import { deployments } from "../../../../../lambdas/core/journal.ts";
import { step } from "../../../../../lambdas/core/step.ts";
import { execution, giveLock, invocation, memoryDeps } from "../../support/deps.ts";
import { awsError, scripted } from "../../support/scripted.ts";

const digest = `sha256:${"a".repeat(64)}`;
const settings = {
  PROJECT_NAME: "shop",
  BUILDSPEC: "buildspec.yml",
  REPOSITORY_URI: "111122223333.dkr.ecr.eu-west-1.amazonaws.com/team/shop",
};
const exported = {
  IMAGE_DIGEST: digest,
  IMAGE_URI: `${settings.REPOSITORY_URI}@${digest}`,
  MIGRATIONS: '[{"tag":"0000_init","when":1712345678901}]',
  MIGRATION_COUNT: "1",
  REQUIRED_VARIABLES: "PORT,SESSION_SECRET",
};

function build(variables: Record<string, string>): Build {
  return {
    id: "shop:1",
    buildStatus: "SUCCEEDED",
    exportedEnvironmentVariables: Object.entries(variables).map(([name, value]) => ({ name, value })),
  };
}

const imageOf = (variables: Record<string, string>) => readImage(build(variables), settings);

describe("what a build has exported", () => {
  test("is the image", () => {
    expect(imageOf(exported)).toEqual({
      uri: exported.IMAGE_URI,
      digest,
      migrations: [{ tag: "0000_init", when: 1712345678901 }],
      migrationCount: 1,
      requiredVariables: ["PORT", "SESSION_SECRET"],
    });
  });

  test("may require nothing", () => {
    expect(imageOf({ ...exported, REQUIRED_VARIABLES: "" })).toMatchObject({ requiredVariables: [] });
  });

  test("may export lint findings of its migrations", () => {
    const finding = { tag: "0000_init", line: 1, rule: "drop-table", what: "drops table a", relation: "a" };
    const findings = { findings: [finding], more: { "0000_init": 2 } };
    expect(imageOf({ ...exported, MIGRATION_FINDINGS: JSON.stringify(findings) })).toMatchObject({ findings });
    expect(imageOf(exported)).not.toMatchObject({ findings: expect.anything() });
  });

  test("if missing, is reported with the variables and where to export them", () => {
    const { MIGRATIONS: _, ...rest } = exported;
    const failed = imageOf(rest);
    expect(failed).toMatchObject({ name: "BuildFailed", message: expect.stringContaining("MIGRATIONS is missing") });
    expect(failed).toMatchObject({ message: expect.stringContaining("env.exported-variables") });
  });

  test.each([
    ["IMAGE_DIGEST", "latest"],
    ["IMAGE_URI", "shop:latest"],
    ["MIGRATIONS", "[{"],
    ["MIGRATIONS", '[{"tag":1}]'],
    ["MIGRATION_COUNT", "many"],
    ["MIGRATION_FINDINGS", "[]"],
  ])("%s as %s is refused", (name, value) => {
    expect(imageOf({ ...exported, [name]: value })).toMatchObject({
      name: "BuildFailed",
      message: expect.stringContaining(name),
    });
  });

  test.each([
    { what: "of another repository", uri: `111122223333.dkr.ecr.eu-west-1.amazonaws.com/team/other@${digest}` },
    { what: "of another account", uri: `999999999999.dkr.ecr.eu-west-1.amazonaws.com/team/shop@${digest}` },
    { what: "of another registry", uri: `docker.io/team/shop@${digest}` },
    { what: "of a repository whose name starts the same", uri: `${settings.REPOSITORY_URI}-2@${digest}` },
    { what: "with a tag besides the digest", uri: `${settings.REPOSITORY_URI}:latest@${digest}` },
    { what: "of another digest", uri: `${settings.REPOSITORY_URI}@sha256:${"b".repeat(64)}` },
  ])("is refused if it is an image $what", ({ uri }) => {
    const failed = imageOf({ ...exported, IMAGE_URI: uri });
    expect(failed).toMatchObject({ name: "BuildFailed", message: expect.stringContaining(`IMAGE_URI ${uri}`) });
    expect(failed).toMatchObject({ message: expect.stringContaining(`as ${exported.IMAGE_URI}`) });
  });
});

describe("a build that succeeded", () => {
  const observed = (describeImages: (input: unknown) => object) => {
    const record: DeploymentRecord = {
      deployment: "1",
      execution: "execution",
      repository: "shop",
      branch: "main",
      commit: "1".repeat(40),
      pushedAt: "2026-01-01T00:00:00Z",
      createdAt: "2026-01-01T00:00:00Z",
      status: "running",
      attempt: 0,
      steps: {},
      build: { id: "shop:1", attempt: 0 },
    };
    return observeBuild({
      codeBuild: scripted(CodeBuildClient, { BatchGetBuilds: () => ({ builds: [build(exported)] }) }),
      ecr: scripted(ECRClient, { DescribeImages: describeImages }),
      logs: scripted(CloudWatchLogsClient, {}),
      settings,
    })({ record, attempt: 0 });
  };

  test("is done if the stage's repository has the image", async () => {
    const inputs: unknown[] = [];
    const done = await observed((input) => ({ imageDetails: [inputs.push(input)] }));
    expect(done).toMatchObject({ kind: "done", facts: { image: { uri: exported.IMAGE_URI } } });
    expect(inputs).toEqual([{ repositoryName: "team/shop", imageIds: [{ imageDigest: digest }] }]);
  });

  test("fails if it does not", async () => {
    const failed = await observed(() => {
      throw awsError("ImageNotFoundException");
    });
    const message = expect.stringContaining(`${exported.IMAGE_URI}, which is not in repository team/shop`);
    expect(failed).toMatchObject({ kind: "failed", error: { name: "BuildFailed", message } });
  });

  test("is observed again if the registry does not answer", async () => {
    const unavailable = observed(() => {
      throw awsError("ServerException");
    });
    await expect(unavailable).rejects.toThrow("ServerException");
  });
});

describe("a build that the quota of the account does not allow", () => {
  const answerTo = async (message: string, waitedMinutes: number) => {
    const deps = memoryDeps();
    await giveLock(deps, execution, 1);
    let now = new Date("2026-01-01T12:00:00Z");
    const limited = buildStep({
      codeBuild: scripted(CodeBuildClient, {
        StartBuild: () => {
          throw Object.assign(awsError("AccountLimitExceededException"), { message });
        },
      }),
      repository: codeCommitRepository(
        scripted(CodeCommitClient, {
          GetCommit: () => ({}),
          GetFile: () => {
            throw awsError("FileDoesNotExistException");
          },
        }),
        "shop",
      ),
      ecr: scripted(ECRClient, {}),
      logs: scripted(CloudWatchLogsClient, {}),
      clock: { now: () => now },
      settings: { ...settings, REPOSITORY_NAME: "shop" },
    });
    const run = step(deployments, limited, { ...deps, clock: { now: () => now } });
    await run(invocation({ token: "first" }));
    now = new Date(now.getTime() + waitedMinutes * 60_000);
    await run(invocation({ token: "second" }));
    return [deps.machine.answers.get("first"), deps.machine.answers.get("second")];
  };
  const failure = (cause: string) => ({ error: "BuildFailed", cause: expect.stringContaining(cause) });

  test("fails at once if the quota is 0, as in a new account, and names the quota", async () => {
    const [first] = await answerTo("Cannot have more than 0 builds in queue for the account", 0);
    expect(first).toMatchObject(failure('"Concurrently running builds for Linux/Small environment" in Service Quotas'));
  });

  test("waits for other builds, but not longer than an hour", async () => {
    const message = "Cannot have more than 10 builds in queue for the account";
    expect(await answerTo(message, 59)).toEqual([undefined, undefined]);
    expect(await answerTo(message, 60)).toMatchObject([undefined, failure("within 60 minutes")]);
  });
});
