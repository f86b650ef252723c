import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { type Build, CodeBuildClient } from "@aws-sdk/client-codebuild";
import { CodeCommitClient, type GetFileCommandInput } from "@aws-sdk/client-codecommit";
import { ECRClient } from "@aws-sdk/client-ecr";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { describe, expect, test } from "vitest";
import {
  currentRelease,
  deploymentKey,
  type DeploymentRecord,
  loadRecord,
} from "../../../../../lambdas/core/record.ts";
import { build as buildStep, observeBuild, readImage } from "../../../../../lambdas/deploy/build/step.ts";
import { codeCommitRepository } from "../../../../../lambdas/source/codecommit.ts";
import { deployments } from "../../../../../lambdas/core/journal.ts";
import { step } from "../../../../../lambdas/core/step.ts";
import { execution, giveLock, invocation, memoryDeps, type MemoryDeps } from "../../support/deps.ts";
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

  test("may be the live image with its assets, too", () => {
    const assets = `sha256:${"b".repeat(64)}`;
    const withAssets = build({ ...exported, ASSETS_IMAGE_DIGEST: assets });
    expect(readImage(withAssets, settings, "sha256:live")).toMatchObject({
      assets: { digest: assets, liveImage: "sha256:live" },
    });
    const without = readImage(build({ ...exported, ASSETS_IMAGE_DIGEST: "" }), settings, "sha256:live");
    expect(without).not.toHaveProperty("assets");
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

interface StepSetup {
  startBuild?: () => object;
  /** The commit's .env.example. */
  file?: string;
  secret?: object;
  clock?: { now(): Date };
}

/** The step, of a repository whose commits have this file only, and of a stage with this secret. */
function stepOf(deps: MemoryDeps, { startBuild = () => ({}), file, secret = {}, clock = deps.clock }: StepSetup) {
  const getFile = ({ filePath }: GetFileCommandInput) => {
    if (file === undefined || filePath !== "web/.env.example") throw awsError("FileDoesNotExistException");
    return { fileContent: Buffer.from(file) };
  };
  return buildStep({
    codeBuild: scripted(CodeBuildClient, { StartBuild: startBuild }),
    repository: codeCommitRepository(
      scripted(CodeCommitClient, { GetCommit: () => ({ commit: { author: { name: "Ada" } } }), GetFile: getFile }),
      "shop",
    ),
    ecr: scripted(ECRClient, {}),
    logs: scripted(CloudWatchLogsClient, {}),
    secretsManager: scripted(SecretsManagerClient, {
      GetSecretValue: () => ({ VersionId: "v1", SecretString: JSON.stringify(secret) }),
    }),
    table: deps.table,
    clock,
    settings: {
      ...settings,
      REPOSITORY_NAME: "shop",
      STAGE: "production",
      APP_SECRET_ARN: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop-production/app-AbCdEf",
      RESERVED_VARIABLES: ["PORT", "DATABASE_URL"],
      STAGE_VARIABLES: ["LOG_LEVEL"],
      REQUIRED_VARIABLES_FILE: "web/.env.example",
      BUILDSPEC: "buildspec.yml",
      ASSETS_BEFORE_SHIFT: "true",
    },
  });
}

describe("the variables that a commit requires", () => {
  const run = async (setup: StepSetup) => {
    const deps = memoryDeps();
    await giveLock(deps, execution, 1);
    let builds = 0;
    const startBuild = () => ({ build: { id: `shop:${(builds += 1)}` } });
    await step(deployments, stepOf(deps, { startBuild, ...setup }), deps)(invocation({ token: "token" }));
    return {
      builds,
      answer: deps.machine.answers.get("token"),
      record: await loadRecord(deps.table, "1a2b3c4d-event"),
    };
  };
  const file = "PORT=3000\nLOG_LEVEL=info\nSTRIPE_KEY=\nMAIL_TOKEN=\n# SENTRY_DSN=\n";

  test("are checked before anything is built", async () => {
    const { builds, answer, record } = await run({ file, secret: { STRIPE_KEY: "a" } });
    const cause = expect.stringMatching(
      /^The app requires MAIL_TOKEN .*\nRun: lockstep secret set MAIL_TOKEN --stage production\n/,
    );
    expect(answer).toMatchObject({ error: "ConfigMissing", cause });
    expect(builds).toBe(0);
    expect(record).toMatchObject({ author: "Ada", failure: { step: "Build" } });
  });

  test("may be set by the platform, the configuration and the secret", async () => {
    expect((await run({ file, secret: { STRIPE_KEY: "a", MAIL_TOKEN: "b" } })).builds).toBe(1);
  });

  test("are none without the file", async () => {
    expect((await run({})).builds).toBe(1);
  });

  test("cannot be read from an invalid file, whose line is named", async () => {
    const { builds, answer } = await run({ file: "PORT=1\nSTRIPE_KEY\n" });
    expect(answer).toMatchObject({
      error: "BuildFailed",
      cause: expect.stringContaining('.env.example, line 2: "STRIPE_KEY"'),
    });
    expect(builds).toBe(0);
  });
});

describe("a deployment whose assets were added to a live image", () => {
  const release = { deployment: "d1", commit: "c1", pushedAt: "p", imageUri: "u", taskDefinitionArn: "t" };
  const image = { uri: "shop@sha256:1", digest: "sha256:1", migrations: [], migrationCount: 0, requiredVariables: [] };
  const builds = async (imageDigest: string) => {
    const deps = memoryDeps();
    await giveLock(deps, execution, 1);
    const { generation: _, ...input } = invocation().input;
    const record = { ...input, status: "running", execution, attempt: 0, createdAt: "2026-01-01", steps: {} };
    const assets = { digest: "sha256:extended", liveImage: "sha256:live" };
    await deps.table.put({ ...deploymentKey(input.deployment), ...record, image: { ...image, assets } });
    await deps.table.put({ ...currentRelease, ...release, imageDigest, deployedAt: "2026-01-01" });
    const requests: unknown[] = [];
    const startBuild = () => ({ build: { id: `shop:${requests.push(0)}` } });
    await step(deployments, stepOf(deps, { startBuild }), deps)(invocation({ token: "token" }));
    return { builds: requests.length, record: await loadRecord(deps.table, input.deployment) };
  };

  test.each(["sha256:live", "sha256:extended"])("keeps its image while %s is live", async (live) => {
    expect(await builds(live)).toMatchObject({ builds: 0, record: { image } });
  });

  test("is built again for another live image", async () => {
    const { builds: started, record } = await builds("sha256:other");
    expect(started).toBe(1);
    expect(record?.image).toBeUndefined();
    expect(record?.build).toMatchObject({ liveImage: "sha256:other" });
  });
});

describe("a deployment of the configuration only", () => {
  const live = {
    commit: "c1",
    previousCommit: "c0",
    pushedAt: "2026-01-01T10:00:00Z",
    branch: "main",
    repository: "shop",
  };
  const image = { uri: "shop@sha256:1", digest: "sha256:1", migrations: [], migrationCount: 0, requiredVariables: [] };
  const run = async (deps: MemoryDeps) => {
    await giveLock(deps, execution, 1);
    const input = { commit: "c1".repeat(20), pushedAt: "2026-01-01T12:00:00Z", configOnly: true };
    await step(deployments, stepOf(deps, {}), deps)(invocation({ token: "token", input }));
    return deps.machine.answers.get("token");
  };

  test("has the image of the live release, with the assets that were added to it, and its place in the order of pushes, without a build", async () => {
    const deps = memoryDeps();
    const progress = { status: "succeeded", execution: "e1", attempt: 0, createdAt: live.pushedAt, steps: {} };
    await deps.table.put({ ...deploymentKey("d1"), deployment: "d1", ...live, ...progress, image, message: "Open" });
    const added = { uri: "shop@sha256:2", digest: "sha256:2" };
    const release = {
      imageUri: added.uri,
      imageDigest: added.digest,
      taskDefinitionArn: "t",
      deployedAt: live.pushedAt,
    };
    await deps.table.put({ ...currentRelease, deployment: "d1", ...live, ...release });
    expect(await run(deps)).toEqual({ output: {} });
    expect(await loadRecord(deps.table, "1a2b3c4d-event")).toMatchObject({
      ...live,
      image: { ...image, ...added },
      message: "Open",
    });
  });

  test("fails if no release is live", async () => {
    expect(await run(memoryDeps())).toMatchObject({
      error: "BuildFailed",
      cause: expect.stringContaining("No release"),
    });
  });
});

describe("a build that the quota of the account does not allow", () => {
  const answerTo = async (message: string, waitedMinutes: number) => {
    const deps = memoryDeps();
    await giveLock(deps, execution, 1);
    let now = new Date("2026-01-01T12:00:00Z");
    const limited = stepOf(deps, {
      startBuild: () => {
        throw Object.assign(awsError("AccountLimitExceededException"), { message });
      },
      clock: { now: () => now },
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
