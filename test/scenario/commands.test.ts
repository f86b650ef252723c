import { BatchGetBuildsCommand, CodeBuildClient, ListBuildsCommand } from "@aws-sdk/client-codebuild";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { GetSecretValueCommand, PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { DescribeExecutionCommand, SFNClient } from "@aws-sdk/client-sfn";
import { DynamoDBDocumentClient, QueryCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { WorkingCopy } from "../support/git.ts";
import { startStage, type Stage } from "../support/stage.ts";

const root = "arn:aws:iam::123456789012:root";

let stage: Stage;
let copy: WorkingCopy;
let url: string;
let first: string;
let second: string;

interface Row {
  deployment: string;
  commit: string;
  title: string | null;
  author: string | null;
  requestedBy: string | null;
  outcome: string;
  live: boolean;
  failure: { step: string; error: string; cause: string } | null;
}

const server = (text: string) => `import { createServer } from "node:http";
const server = createServer((request, response) => {
  response.setHeader("x-release", process.env.RELEASE);
  response.end(${JSON.stringify(text)});
});
server.listen(Number(process.env.PORT), process.env.HOST);
process.on("SIGTERM", () => { server.close(() => process.exit(0)); server.closeIdleConnections(); });
`;

const manifest = (build: string) =>
  JSON.stringify({
    name: "tiny-app",
    version: "1.0.0",
    private: true,
    type: "module",
    scripts: { build: `mkdir -p dist && cp src/server.js dist/server.js && ${build}` },
  });

const releases = async () => JSON.parse((await stage.lockstep("releases", "--json")).stdout) as Row[];
const rowOf = async (commit: string) => (await releases()).find((row) => row.commit === commit);
const served = async () => (await fetch(url)).headers.get("x-release");

/** Waits until a deployment of the commit, which may have had others before, tells this outcome. */
const comes = (commit: string, outcome: RegExp) =>
  vi.waitFor(async () => expect((await rowOf(commit))?.outcome).toMatch(outcome), { timeout: 60_000, interval: 300 });

const decide = async (commit: string, decision: "approve" | "reject") => {
  await comes(commit, /^waiting for approval$/);
  return stage.lockstep(decision, "--reason", "in the test", "--json");
};

async function deploymentItems(documents: DynamoDBDocumentClient): Promise<Record<string, string>[]> {
  const { Items = [] } = await documents.send(
    new QueryCommand({
      TableName: "storefront-production",
      KeyConditionExpression: "pk = :pk",
      ExpressionAttributeValues: { ":pk": "deployment" },
    }),
  );
  return Items;
}

async function buildsOf(commit: string): Promise<number> {
  const codebuild = await stage.client(CodeBuildClient);
  const { ids = [] } = await codebuild.send(new ListBuildsCommand({}));
  const { builds = [] } = await codebuild.send(new BatchGetBuildsCommand({ ids }));
  return builds.filter(({ sourceVersion }) => sourceVersion === commit).length;
}

beforeAll(async () => {
  stage = await startStage({ changes: { approval: { minutes: 30 } } });
  ({ url } = await stage.status());
  copy = await stage.clone("tiny-app");
}, 300_000);

afterAll(async () => {
  await stage?.remove();
  copy?.remove();
}, 60_000);

describe("the commands of a stage that asks for approval", () => {
  it("hold a push until it is approved, and say who did it", async () => {
    first = await stage.push(copy, { "src/server.js": server("one") });
    const approved = await decide(first, "approve");
    expect(approved.exitCode, approved.stderr).toBe(0);
    expect(JSON.parse(approved.stdout)).toMatchObject({ decision: "approved", by: root, reason: "in the test" });
    const twice = await stage.lockstep("reject");
    expect(twice).toMatchObject({ exitCode: 2, stdout: "" });
    expect(twice.stderr).toContain("No deployment waits for approval");
    await comes(first, /^deployed$/);
    expect(await rowOf(first)).toMatchObject({ author: "Ada", title: "Change", live: true, requestedBy: null });
    const late = await stage.lockstep("approve", first.slice(0, 8));
    expect(late).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("it has ended as succeeded") });
    expect(await served()).toBe(first);
  }, 120_000);

  it("end a push that is rejected, and ask again when it is redriven", async () => {
    second = await stage.push(copy, { "src/server.js": server("two") });
    expect((await decide(second, "reject")).exitCode).toBe(0);
    await comes(second, /^failed, nothing was changed$/);
    const { failure } = (await rowOf(second)) ?? {};
    expect(failure).toMatchObject({ step: "Approve", error: "Rejected" });
    expect(failure?.cause).toContain(root);
    expect(await served()).toBe(first);
    const redriven = stage.lockstep("redrive", "--json");
    expect((await decide(second, "approve")).exitCode).toBe(0);
    const { exitCode, stdout, stderr } = await redriven;
    expect(exitCode, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: "deployed" });
    expect(await buildsOf(second)).toBe(1);
    expect(await served()).toBe(second);
  }, 120_000);

  it("deploy an older commit on demand, in the name of who asked", async () => {
    const deploying = stage.lockstep("deploy", first.slice(0, 8), "--json");
    await decide(first, "approve");
    const { exitCode, stdout, stderr } = await deploying;
    expect(exitCode, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ commit: first, outcome: "deployed" });
    expect(await served()).toBe(first);
    const [newest] = await releases();
    expect(newest).toMatchObject({ commit: first, requestedBy: root, live: true });
  }, 120_000);

  it("go back to the release before", async () => {
    const { exitCode, stdout, stderr } = await stage.lockstep("rollback", "--reason", "it was better", "--json");
    expect(exitCode, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: "rolled back" });
    expect(await served()).toBe(second);
    expect((await releases())[0]).toMatchObject({ commit: first, outcome: "rolled back", live: false });
    const again = await stage.lockstep("rollback", second.slice(0, 8));
    expect(again).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("is live already") });
  }, 120_000);
});

describe("a deployment that cannot succeed", () => {
  it("is taken up again where it failed, once its cause is mended", async () => {
    await stage.push(copy, { "src/server.js": server("three"), ".env.example": "PAYMENT_KEY=pk_test\n" });
    const commit = await copy.git("rev-parse", "HEAD");
    await comes(commit, /^failed, nothing was changed$/);
    const unmended = await stage.lockstep("redrive");
    expect(unmended.exitCode).toBe(1);
    expect(unmended.stderr).toContain("PAYMENT_KEY");
    const secrets = await stage.client(SecretsManagerClient);
    const SecretId = "storefront-production/app";
    const { SecretString = "{}" } = await secrets.send(new GetSecretValueCommand({ SecretId }));
    const mended = JSON.stringify({ ...JSON.parse(SecretString), PAYMENT_KEY: "pk_live" });
    await secrets.send(new PutSecretValueCommand({ SecretId, SecretString: mended }));
    const redriven = stage.lockstep("redrive", "--json");
    await decide(commit, "approve");
    const { exitCode, stdout, stderr } = await redriven;
    expect(exitCode, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: "deployed" });
    expect(await buildsOf(commit)).toBe(1);
    expect(await served()).toBe(commit);
    const succeeded = await stage.lockstep("redrive", commit.slice(0, 8));
    expect(succeeded).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("SUCCEEDED") });
  }, 180_000);

  it("is aborted in its build, which is stopped", async () => {
    const before = await served();
    const commit = await stage.push(copy, { "package.json": manifest("sleep 300") });
    await comes(commit, /^running: Build$/);
    const { exitCode, stdout, stderr } = await stage.lockstep("abort", "--reason", "the wrong day", "--json");
    expect(exitCode, stderr).toBe(0);
    const { execution, outcome } = JSON.parse(stdout) as { execution: string; outcome: string };
    expect(outcome).toBe("failed");
    const sfn = await stage.client(SFNClient);
    expect(await sfn.send(new DescribeExecutionCommand({ executionArn: execution }))).toMatchObject({
      status: "ABORTED",
      error: "Aborted",
      cause: `by ${root}: the wrong day`,
    });
    const told = { outcome: "failed, nothing was changed", failure: { error: "Aborted" } };
    // The event that writes it down is not waited for by the rollback.
    await vi.waitFor(async () => expect(await rowOf(commit)).toMatchObject(told), { timeout: 20_000, interval: 300 });
    expect(await served()).toBe(before);
    const none = await stage.lockstep("abort");
    expect(none).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("No deployment is running") });
  }, 120_000);

  it("is followed to the end of its rollback", async () => {
    const before = await served();
    const crash = "throw new Error('the till is missing');\n";
    const commit = await copy.commit({ "package.json": manifest("true"), "src/server.js": crash });
    await copy.git("push", "--quiet", "origin", "HEAD:refs/tags/crash");
    const deploying = stage.lockstep("deploy", "crash");
    await decide(commit, "approve");
    const { exitCode, stdout, stderr } = await deploying;
    expect(exitCode, stdout + stderr).toBe(3);
    expect(stderr).toContain("the till is missing");
    expect(stdout).toContain("was rolled back");
    expect(await served()).toBe(before);
  }, 180_000);
});

describe("a stage that is frozen", () => {
  it("says why, lets nobody go on, and does when it is unlocked", async () => {
    const documents = DynamoDBDocumentClient.from(await stage.client(DynamoDBClient));
    const [{ execution: holder = "" } = {}] = await deploymentItems(documents);
    const frozen = { reason: "RollbackFailed: traffic is nowhere", since: new Date().toISOString(), execution: holder };
    const freeze = new UpdateCommand({
      TableName: "storefront-production",
      Key: { pk: "lock", sk: "lock" },
      UpdateExpression: "SET holder = :holder, frozen = :frozen",
      ConditionExpression: "attribute_not_exists(holder)",
      ExpressionAttributeValues: { ":holder": holder, ":frozen": frozen },
    });
    await vi.waitFor(() => documents.send(freeze), { timeout: 20_000, interval: 200 });
    expect((await stage.status()).frozen).toMatchObject({ reason: frozen.reason, since: frozen.since });
    const commit = await stage.push(copy, { "src/server.js": server("four") });
    await comes(commit, /^waiting behind/);
    const unasked = await stage.lockstep("unlock");
    expect(unasked).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("agree with --yes") });
    expect(unasked.stderr).toContain(frozen.reason);
    const unlocked = await stage.lockstep("unlock", "--yes", "--reason", "it was looked at", "--json");
    expect(unlocked.exitCode, unlocked.stderr).toBe(0);
    expect(JSON.parse(unlocked.stdout)).toMatchObject({ unlocked: true, by: root, woken: 1 });
    expect((await decide(commit, "reject")).exitCode).toBe(0);
    await comes(commit, /^failed, nothing was changed$/);
    expect((await stage.status()).frozen).toBeNull();
  }, 120_000);
});

describe("a wrong call", () => {
  it.each([
    { args: ["deploy", "no-such-branch"], tells: 'no branch, tag or commit "no-such-branch"' },
    { args: ["redrive", "ffffffff"], tells: 'There is no deployment "ffffffff"' },
    { args: ["approve"], tells: "No deployment waits for approval" },
    { args: ["rollback", "ffffffff"], tells: 'There is no release "ffffffff"' },
    { args: ["unlock"], tells: "production is not locked" },
    { args: ["releases", "--limit", "none"], tells: "Expected a whole number" },
  ])("lockstep $args is told as such", async ({ args, tells }) => {
    const { exitCode, stdout, stderr } = await stage.lockstep(...args);
    expect(stderr).toContain(tells);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  });
});
