import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  BatchGetProjectsCommand,
  CodeBuildClient,
  ListBuildsCommand,
  ListBuildsForProjectCommand,
  ListProjectsCommand,
  StartBuildCommand,
  StopBuildCommand,
} from "@aws-sdk/client-codebuild";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import type { CloudEvent } from "#local/cloud/index.ts";
import {
  contextOf,
  logOf,
  phasesOf,
  pushUrl,
  putProject,
  runBuild,
  startBuild,
  startBuildCloud,
  whenOver,
} from "#test/support/builds.ts";
import { workingCopy, type WorkingCopy } from "#test/support/git.ts";
import type { TestCloud } from "#test/support/local-cloud.ts";

let local: TestCloud;
let client: CodeBuildClient;
let source: WorkingCopy;
let commit: string;
const events: CloudEvent[] = [];

beforeAll(async () => {
  local = await startBuildCloud();
  local.cloud.onEvent((event) => events.push(event));
  client = local.client(CodeBuildClient);
  source = await workingCopy();
  const buildspec = phases({ build: ["cat file.txt"] });
  commit = await source.commit({ "file.txt": "one\n", "buildspec.yml": buildspec });
  await source.git("push", "--quiet", pushUrl(local), "main");
  await putProject(local);
});
afterAll(async () => {
  source.remove();
  await local.stop();
});

/** A buildspec of these commands. */
function phases(commands: Record<string, string[]>, env: object = {}): string {
  const entries = Object.entries(commands).map(([name, list]) => [name, { commands: list }]);
  return JSON.stringify({ version: "0.2", env: { shell: "bash", ...env }, phases: Object.fromEntries(entries) });
}

const allSucceeded = [
  "SUBMITTED SUCCEEDED",
  "QUEUED SUCCEEDED",
  "PROVISIONING SUCCEEDED",
  "DOWNLOAD_SOURCE SUCCEEDED",
  "INSTALL SUCCEEDED",
  "PRE_BUILD SUCCEEDED",
  "BUILD SUCCEEDED",
  "POST_BUILD SUCCEEDED",
  "UPLOAD_ARTIFACTS SUCCEEDED",
  "FINALIZING SUCCEEDED",
  "COMPLETED",
];

it("builds exactly the requested commit with the buildspec in it", async () => {
  const later = await source.commit({ "file.txt": "two\n" });
  await source.git("push", "--quiet", pushUrl(local), "main");
  const build = await runBuild(local, { sourceVersion: commit });
  expect(build).toMatchObject({
    buildStatus: "SUCCEEDED",
    currentPhase: "COMPLETED",
    sourceVersion: commit,
    resolvedSourceVersion: commit,
    initiator: "root",
    timeoutInMinutes: 60,
    logs: { groupName: "/aws/codebuild/shop" },
  });
  expect(phasesOf(build)).toEqual(allSucceeded);
  const log = await logOf(local, build);
  expect(log).toContain("one");
  expect(log).toContainEqual(expect.stringMatching(/^\[Container\] .* Running command cat file\.txt$/));
  expect((await runBuild(local)).resolvedSourceVersion).toBe(later);
});

it("emits events of start, phases and end as AWS does", async () => {
  const build = await runBuild(local);
  const own = events.filter(({ resources }) => resources.includes(build.arn ?? ""));
  const states = own.filter(({ detailType }) => detailType === "CodeBuild Build State Change");
  expect(states.map(({ detail }) => detail)).toMatchObject([
    { "build-status": "IN_PROGRESS", "current-phase": "PROVISIONING", "build-id": build.arn, "project-name": "shop" },
    {
      "build-status": "SUCCEEDED",
      "current-phase": "COMPLETED",
      "additional-information": {
        "build-complete": true,
        logs: { "stream-name": build.logs?.streamName },
        source: { type: "CODECOMMIT" },
      },
    },
  ]);
  const phaseEvents = own.filter(({ detailType }) => detailType === "CodeBuild Build Phase Change");
  expect(phaseEvents.map(({ detail }) => detail["completed-phase"])).toEqual([
    "PROVISIONING",
    "DOWNLOAD_SOURCE",
    "INSTALL",
    "PRE_BUILD",
    "BUILD",
    "POST_BUILD",
    "UPLOAD_ARTIFACTS",
    "FINALIZING",
  ]);
});

it("keeps directory and variables from command to command and exports the declared ones", async () => {
  const buildspecOverride = phases(
    {
      install: ["export FIRST=1", "mkdir sub && cd sub"],
      build: ["export SECOND=$FIRST-$(basename $PWD)", "PLAIN=x"],
      post_build: ["export THIRD='a: \"b\"\nc'"],
    },
    { "exported-variables": ["SECOND", "THIRD", "PLAIN", "NEVER_SET"], variables: { FROM_SPEC: "1" } },
  );
  const build = await runBuild(local, { buildspecOverride });
  expect(build.buildStatus).toBe("SUCCEEDED");
  expect(build.exportedEnvironmentVariables).toEqual([
    { name: "SECOND", value: "1-sub" },
    { name: "THIRD", value: 'a: "b"\nc' },
  ]);
});

it("runs the commands with the Node.js of runtime-versions, and npm with it", async () => {
  const install = { "runtime-versions": { nodejs: "22.x" } };
  const commands = ["node --version", "npm version --json"];
  const spec = { version: "0.2", phases: { install, build: { commands } } };
  const log = (await logOf(local, await runBuild(local, { buildspecOverride: JSON.stringify(spec) }))).join("\n");
  expect(log).toMatch(/^v22\./m);
  expect(log).toMatch(/node: '22\.|"node": "22\./);
  const unknown = { version: "0.2", phases: { install: { "runtime-versions": { nodejs: "18" } } } };
  const failed = await runBuild(local, { buildspecOverride: JSON.stringify(unknown) });
  expect(contextOf(failed, "DOWNLOAD_SOURCE")?.message).toContain("unknown runtime version nodejs=18");
});

it("ranks the variables of call, project and buildspec", async () => {
  const EnvironmentVariables = ["A", "B"].map((Name) => ({ Name, Value: "project", Type: "PLAINTEXT" }));
  const Environment = {
    Type: "LINUX_CONTAINER",
    Image: "aws/codebuild/standard:7.0",
    ComputeType: "BUILD_GENERAL1_SMALL",
    EnvironmentVariables,
  };
  await putProject(local, { name: "ranks", properties: { Environment } });
  const variables = { A: "buildspec", B: "buildspec", C: "buildspec" };
  const build = await runBuild(local, {
    projectName: "ranks",
    buildspecOverride: phases({ build: ['echo "$A $B $C"'] }, { variables }),
    environmentVariablesOverride: [{ name: "A", value: "call" }],
  });
  expect(await logOf(local, build)).toContain("call project buildspec");
});

it("gives the build CodeBuild's variables and the keys of its role, and nothing of ours", async () => {
  vi.stubEnv("GITHUB_TOKEN", "of the developer");
  vi.stubEnv("NPM_TOKEN", "of the developer");
  vi.stubEnv("AWS_PROFILE", "of the developer");
  const build = await runBuild(local, {
    sourceVersion: commit,
    buildspecOverride: phases({ build: ["env | sort", "node --version", "pwd", "echo key=$AWS_ACCESS_KEY_ID"] }),
  });
  vi.unstubAllEnvs();
  const log = await logOf(local, build);
  expect(log).toEqual(
    expect.arrayContaining([
      `CODEBUILD_BUILD_ID=${build.id}`,
      `CODEBUILD_RESOLVED_SOURCE_VERSION=${commit}`,
      `CODEBUILD_SOURCE_REPO_URL=${local.endpoint}/v1/repos/shop`,
      "CODEBUILD_BUILD_SUCCEEDING=1",
      "AWS_REGION=eu-central-1",
      `AWS_ENDPOINT_URL=${local.endpoint}`,
      "AWS_SESSION_TOKEN=***",
      expect.stringMatching(/^v24\./),
    ]),
  );
  expect(log.join("\n")).not.toMatch(/of the developer|LOCKSTEP/);
  const workspace = log.find((line) => line.startsWith("CODEBUILD_SRC_DIR="))?.split("=")[1] ?? "";
  expect(log).toContain(workspace);
  await vi.waitFor(() => expect(() => readdirSync(workspace)).toThrow("ENOENT"), { timeout: 10_000 });
});

it("fails with the command that failed, and still runs POST_BUILD and finally", async () => {
  const build = await runBuild(local, {
    buildspecOverride: `version: 0.2
phases:
  build:
    commands:
      - echo before
      - sh -c "exit 3"
      - echo never
    finally:
      - echo at last
  post_build:
    commands:
      - echo succeeding=$CODEBUILD_BUILD_SUCCEEDING
`,
  });
  expect(build.buildStatus).toBe("FAILED");
  expect(phasesOf(build)).toEqual(allSucceeded.map((phase) => phase.replace(/^BUILD SUCCEEDED/, "BUILD FAILED")));
  expect(contextOf(build, "BUILD")).toEqual({
    statusCode: "COMMAND_EXECUTION_ERROR",
    message: 'Error while executing command: sh -c "exit 3". Reason: exit status 3',
  });
  const log = await logOf(local, build);
  expect(log).toEqual(expect.arrayContaining(["before", "at last", "succeeding=0"]));
  expect(log).not.toContain("never");
});

it("ends after a failed INSTALL, and after a BUILD with on-failure: ABORT", async () => {
  const early = await runBuild(local, { buildspecOverride: phases({ install: ["false"], build: ["echo never"] }) });
  expect(phasesOf(early).slice(3)).toEqual([
    "DOWNLOAD_SOURCE SUCCEEDED",
    "INSTALL FAILED",
    "FINALIZING SUCCEEDED",
    "COMPLETED",
  ]);
  const aborted = await runBuild(local, {
    buildspecOverride: JSON.stringify({
      version: "0.2",
      phases: {
        install: { commands: ["false"], "on-failure": "CONTINUE" },
        build: { commands: ["exit 7"], "on-failure": "ABORT" },
        post_build: { commands: ["echo never"] },
      },
    }),
  });
  expect(phasesOf(aborted).slice(4)).toEqual([
    "INSTALL FAILED",
    "PRE_BUILD SUCCEEDED",
    "BUILD FAILED",
    "UPLOAD_ARTIFACTS SUCCEEDED",
    "FINALIZING SUCCEEDED",
    "COMPLETED",
  ]);
  expect(contextOf(aborted, "BUILD")?.message).toContain("Reason: exit status 7");
});

it.each([
  [
    "a colon in a command",
    'version: 0.2\nphases:\n  build:\n    commands:\n      - echo "a: b"\n',
    /Expected Commands\[0\] to be of string type: found subkeys instead at line 5/,
  ],
  ["a file that is not there", "other.yml", /stat .*other\.yml: no such file/],
  ["a file outside", "../../etc/passwd", /no such file/],
])("fails in DOWNLOAD_SOURCE for %s", async (_story, buildspecOverride, message) => {
  const build = await runBuild(local, { buildspecOverride });
  expect(build.buildStatus).toBe("FAILED");
  expect(contextOf(build, "DOWNLOAD_SOURCE")).toEqual({
    statusCode: "YAML_FILE_ERROR",
    message: expect.stringMatching(message),
  });
});

it("fails for a commit that is not there and for a role that may not read it", async () => {
  const nowhere = "0123456789012345678901234567890123456789";
  const missing = await runBuild(local, { sourceVersion: nowhere });
  expect(contextOf(missing, "DOWNLOAD_SOURCE")).toEqual({
    statusCode: "CLIENT_ERROR",
    message: `reference not found for primary source and source version ${nowhere}`,
  });
  await putProject(local, { name: "blind", role: "without-source" });
  const denied = await runBuild(local, { projectName: "blind" });
  expect(contextOf(denied, "DOWNLOAD_SOURCE")?.message).toContain("authorization failed for primary source");
});

it("fails while provisioning for a role that may not write its logs", async () => {
  await putProject(local, { name: "mute", role: "without-logs" });
  const build = await runBuild(local, { projectName: "mute" });
  expect(phasesOf(build).slice(2)).toEqual(["PROVISIONING FAILED", "COMPLETED"]);
  expect(contextOf(build, "PROVISIONING")).toMatchObject({ statusCode: "ACCESS_DENIED" });
});

it("resolves secrets as the service role and hides their values", async () => {
  const secrets = local.client(SecretsManagerClient);
  await secrets.send(new CreateSecretCommand({ Name: "app", SecretString: JSON.stringify({ KEY: "canary-4711" }) }));
  const build = await runBuild(local, {
    buildspecOverride: phases(
      { build: ['test "${#FROM_SPEC}" = 11', "echo $FROM_SPEC and $FROM_CALL", "cat $FROM_CALL"] },
      { "secrets-manager": { FROM_SPEC: "app:KEY" } },
    ),
    environmentVariablesOverride: [{ name: "FROM_CALL", value: "app", type: "SECRETS_MANAGER" }],
  });
  const log = (await logOf(local, build)).join("\n");
  expect(log).toContain("*** and ***");
  expect(log).not.toContain("canary");
  expect(JSON.stringify(events)).not.toContain("canary");
  expect(JSON.stringify(build)).not.toContain("canary");
  const missing = await runBuild(local, {
    environmentVariablesOverride: [{ name: "X", value: "none", type: "SECRETS_MANAGER" }],
  });
  expect(contextOf(missing, "DOWNLOAD_SOURCE")?.statusCode).toBe("Secrets Manager Error");
});

it("hides a secret of several lines", async () => {
  const key = "-----BEGIN KEY-----\ncanary-in-line-two\n-----END KEY-----\n";
  await local.client(SecretsManagerClient).send(new CreateSecretCommand({ Name: "key", SecretString: key }));
  const build = await runBuild(local, {
    buildspecOverride: phases({ build: ['echo "$KEY"'] }),
    environmentVariablesOverride: [{ name: "KEY", value: "key", type: "SECRETS_MANAGER" }],
  });
  expect((await logOf(local, build)).join("\n")).not.toContain("canary");
});

it("delivers a long log whole and in order", async () => {
  const build = await runBuild(local, { buildspecOverride: phases({ build: ["seq 1 5000", "printf unfinished"] }) });
  const { events = [] } = await local.client(CloudWatchLogsClient).send(
    new FilterLogEventsCommand({
      logGroupName: build.logs?.groupName,
      logStreamNames: [build.logs?.streamName ?? ""],
    }),
  );
  const log = events.map(({ message }) => message);
  const first = log.indexOf("1");
  expect(log.slice(first, first + 5000)).toEqual(Array.from({ length: 5000 }, (_, index) => String(index + 1)));
  expect(log).toContain("unfinished");
});

it("unpacks a secondary source", async () => {
  const kit = mkdtempSync(path.join(tmpdir(), "lockstep-kit-"));
  writeFileSync(path.join(kit, "tool.txt"), "a tool\n");
  await putProject(local, { name: "tooled", secondary: kit });
  rmSync(kit, { recursive: true }); // the project keeps its own copy
  const build = await runBuild(local, {
    projectName: "tooled",
    buildspecOverride: phases({ build: ['cat "$CODEBUILD_SRC_DIR_release_kit/tool.txt"'] }),
  });
  expect(await logOf(local, build)).toContain("a tool");
});

it("answers a repeated call with the same build", async () => {
  const idempotencyToken = "token-1";
  const first = await startBuild(local, { idempotencyToken });
  expect(await startBuild(local, { idempotencyToken })).toBe(first);
  await expect(startBuild(local, { idempotencyToken, sourceVersion: commit })).rejects.toMatchObject({
    name: "InvalidInputException",
  });
  await whenOver(local, first);
});

it("keeps to the limit of builds at once", async () => {
  await putProject(local, { name: "single", properties: { ConcurrentBuildLimit: 1 } });
  const input = { projectName: "single", buildspecOverride: phases({ build: ["sleep 60"] }) };
  const id = await startBuild(local, input);
  await expect(startBuild(local, input)).rejects.toMatchObject({ name: "AccountLimitExceededException" });
  await client.send(new StopBuildCommand({ id }));
  await whenOver(local, id);
});

it("lists and describes", async () => {
  const build = await runBuild(local);
  expect((await client.send(new ListBuildsCommand())).ids?.[0]).toBe(build.id);
  const { ids } = await client.send(new ListBuildsForProjectCommand({ projectName: "shop", sortOrder: "ASCENDING" }));
  expect(ids?.at(-1)).toBe(build.id);
  expect((await client.send(new ListProjectsCommand())).projects).toContain("shop");
  const { projects, projectsNotFound } = await client.send(new BatchGetProjectsCommand({ names: ["shop", "none"] }));
  expect(projects).toMatchObject([{ name: "shop", source: { type: "CODECOMMIT", buildspec: "buildspec.yml" } }]);
  expect(projectsNotFound).toEqual(["none"]);
});

it("refuses what it does not do", async () => {
  await expect(startBuild(local, { privilegedModeOverride: true })).rejects.toMatchObject({
    name: "InvalidInputException",
    message: expect.stringContaining("privilegedModeOverride"),
  });
  await expect(startBuild(local, { projectName: "none" })).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  const Environment = { Type: "LINUX_CONTAINER", Image: "x", ComputeType: "y", PrivilegedMode: "true" };
  await expect(putProject(local, { name: "docker", properties: { Environment } })).rejects.toThrow("PrivilegedMode");
});

it("asks the caller's policies", async () => {
  const starter = local.client(CodeBuildClient, "starter");
  const { build } = await starter.send(new StartBuildCommand({ projectName: "shop" }));
  expect(build?.initiator).toBe("starter/test");
  await expect(starter.send(new StartBuildCommand({ projectName: "single" }))).rejects.toMatchObject({
    name: "AccessDeniedException",
  });
  await expect(starter.send(new StopBuildCommand({ id: build?.id }))).rejects.toMatchObject({
    name: "AccessDeniedException",
  });
  await whenOver(local, build?.id ?? "");
});
