import { BatchGetBuildsCommand, CodeBuildClient, ListBuildsCommand } from "@aws-sdk/client-codebuild";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DescribeExecutionCommand, SFNClient } from "@aws-sdk/client-sfn";
import { DynamoDBDocumentClient, QueryCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Receipt } from "../../cli/stage/receipt/receipt.ts";
import { httpGet } from "../../lambdas/traffic/http-get.ts";
import type { WorkingCopy } from "../support/git.ts";
import { removeRelease, reportReadiness } from "../support/rollback-readiness.ts";
import { startStage, type Stage } from "../support/stage.ts";

const root = "arn:aws:iam::123456789012:root";

let stage: Stage;
let copy: WorkingCopy;
let url: string;
let first: string;
let second: string;

interface Row {
  configOnly: boolean;
  deployment: string;
  commit: string;
  title: string | null;
  author: string | null;
  requestedBy: string | null;
  redrives: { by: string; at: string }[];
  outcome: string;
  live: boolean;
  failure: { step: string; error: string; cause: string } | null;
}

const server = (text: string) => `import { createServer } from "node:http";
const server = createServer((request, response) => {
  response.setHeader("x-release", process.env.RELEASE);
  response.end(${JSON.stringify(text)} + (process.env.PAYMENT_KEY ?? ""));
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
/** The certificate is self-signed. */
const served = async () => (await httpGet(new URL(url))).release;

/** Waits until a deployment of the commit has this outcome. */
const waitForOutcome = (commit: string, outcome: RegExp) =>
  vi.waitFor(async () => expect((await rowOf(commit))?.outcome).toMatch(outcome), { timeout: 60_000, interval: 300 });

const decide = async (commit: string, decision: "approve" | "reject") => {
  await waitForOutcome(commit, /^waiting for approval$/);
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
  const certificateArn = "arn:aws:acm:eu-west-1:111122223333:certificate/1";
  stage = await startStage({ changes: { approval: { minutes: 30 }, certificateArn, paths: ["**", "!*.md"] } });
  url = await stage.url();
  expect(url).toMatch(/^https:/);
  copy = await stage.clone("tiny-app");
}, 300_000);

afterAll(async () => {
  await stage?.remove();
  copy?.remove();
}, 60_000);

describe("the commands of a stage that requires approval", () => {
  it("hold a push until it is approved, and record who approved it", async () => {
    first = await stage.push(copy, { "src/server.js": server("one") });
    const approved = await decide(first, "approve");
    expect(approved.exitCode, approved.stderr).toBe(0);
    expect(JSON.parse(approved.stdout)).toMatchObject({ decision: "approved", by: root, reason: "in the test" });
    const twice = await stage.lockstep("reject");
    expect(twice).toMatchObject({ exitCode: 2, stdout: "" });
    expect(twice.stderr).toContain("No deployment is waiting for approval");
    await waitForOutcome(first, /^deployed$/);
    expect(await rowOf(first)).toMatchObject({ author: "Ada", title: "Change", live: true, requestedBy: null });
    const late = await stage.lockstep("approve", first.slice(0, 8));
    expect(late).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("it has already ended (succeeded)") });
    expect(await served()).toBe(first);
  }, 120_000);

  it("show why a push that changes only what the paths exclude is skipped", async () => {
    const commit = await stage.push(copy, { "README.md": "Changed\n" });
    const reason = `No change since the live release (${first.slice(0, 8)}) matches **, !*.md.`;
    const skipped = async () => (await stage.status()).pushes.find((push) => push.commit === commit);
    await vi.waitFor(async () => expect((await skipped())?.outcome).toContain(reason), {
      timeout: 20_000,
      interval: 300,
    });
    expect(await rowOf(commit)).toBeUndefined();
  }, 60_000);

  it("fail a rejected deployment, and request approval again on a redrive", async () => {
    second = await stage.push(copy, { "src/server.js": server("two") });
    expect((await decide(second, "reject")).exitCode).toBe(0);
    await waitForOutcome(second, /^failed; production unchanged$/);
    const { failure } = (await rowOf(second)) ?? {};
    expect(failure).toMatchObject({ step: "Approve", error: "Rejected" });
    expect(failure?.cause).toContain(root);
    expect(await served()).toBe(first);
    const redriven = stage.lockstep("redrive", "--json");
    expect((await decide(second, "approve")).exitCode).toBe(0);
    const { exitCode, stdout, stderr } = await redriven;
    expect(exitCode, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: "deployed" });
    expect((await rowOf(second))?.redrives).toEqual([{ by: root, at: expect.stringMatching(/^20\d\d-.*Z$/) }]);
    expect(await buildsOf(second)).toBe(1);
    expect(await served()).toBe(second);
  }, 120_000);

  it("deploy an older commit on request, and record who requested it", async () => {
    const deploying = stage.lockstep("deploy", first.slice(0, 8), "--json");
    await decide(first, "approve");
    const { exitCode, stdout, stderr } = await deploying;
    expect(exitCode, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ commit: first, outcome: "deployed" });
    expect(await served()).toBe(first);
    const [newest] = await releases();
    expect(newest).toMatchObject({ commit: first, requestedBy: root, live: true });
  }, 120_000);

  it("return to the previous release", async () => {
    const { exitCode, stdout, stderr } = await stage.lockstep("rollback", "--reason", "it was better", "--json");
    expect(exitCode, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: "rolled back" });
    expect(await served()).toBe(second);
    expect((await releases())[0]).toMatchObject({ commit: first, outcome: "rolled back", live: false });
    const again = await stage.lockstep("rollback", second.slice(0, 8));
    expect(again).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("is live already") });
  }, 120_000);

  it("show the receipt of the release that was rolled back", async () => {
    const [{ deployment } = { deployment: "" }] = await releases();
    const { exitCode, stdout, stderr } = await stage.lockstep("receipt", deployment, "--json");
    expect(exitCode, stderr).toBe(0);
    const receipt = JSON.parse(stdout) as Receipt;
    expect(receipt).toMatchObject({
      deployment,
      commit: first,
      startedBy: root,
      outcome: "rolled back",
      approval: { decision: "approved", by: root, reason: "in the test" },
      rollback: { outcome: "rolled-back", seconds: expect.any(Number) },
      traffic: { errors: { app: 0, loadBalancer: 0 } },
    });
    expect(receipt.steps.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["Build", "Approve", "Shift traffic", "Bake"]),
    );
    expect(receipt.traffic?.requests).toBeGreaterThan(0); // those of the probes
    expect(receipt.stateTransitions).toBeGreaterThan(receipt.steps.length);
    const metered = receipt.cost.items.filter(({ quantity }) => quantity > 0).map(({ name }) => name);
    expect(metered).toEqual(expect.arrayContaining(["State transitions", "Functions", "Blue and green together: CPU"]));
    expect(receipt.cost.notMetered.join()).not.toContain("Error");
    const text = (await stage.lockstep("receipt", deployment)).stdout;
    expect(text).toMatch(/^Cost +\$0\.\d{4} \(this would cost on AWS; prices of us-east-1, /m);
    expect(text).toMatch(/^Approval +approved by arn:aws:iam::123456789012:root at .*: in the test$/m);
  }, 60_000);
});

describe("a deployment that cannot succeed", () => {
  it("resumes at the step that failed, once the cause is fixed", async () => {
    await stage.push(copy, { "src/server.js": server("three"), ".env.example": "PAYMENT_KEY=pk_test\n" });
    const commit = await copy.git("rev-parse", "HEAD");
    await waitForOutcome(commit, /^failed; production unchanged$/);
    const unfixed = await stage.lockstep("redrive");
    expect(unfixed.exitCode).toBe(1);
    expect(unfixed.stderr).toContain("PAYMENT_KEY");
    const set = await stage.lockstepWithInput("canary-one\n", "secret", "set", "PAYMENT_KEY");
    expect(set.exitCode, set.stderr).toBe(0);
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

  it("has its secrets changed without a build, and a rollback returns to the former ones", async () => {
    const commit = await served();
    const key = async () => (await httpGet(new URL(url))).body;
    expect(await key()).toBe("threecanary-one");
    await stage.lockstepWithInput("canary-two", "secret", "set", "PAYMENT_KEY");
    const deploying = stage.lockstep("deploy", "--config-only", "--json");
    await decide(commit ?? "", "approve");
    const deployed = await deploying;
    expect(JSON.parse(deployed.stdout)).toMatchObject({ commit, outcome: "deployed" });
    expect(await key()).toBe("threecanary-two");
    expect(await buildsOf(commit ?? "")).toBe(1);
    expect((await releases())[0]).toMatchObject({ configOnly: true, live: true });
    const rolledBack = await stage.lockstep("rollback");
    expect(rolledBack.exitCode, rolledBack.stderr).toBe(0);
    expect(await key()).toBe("threecanary-one");
    const shown = [
      deployed,
      rolledBack,
      await stage.lockstep("secret", "list"),
      await stage.lockstep("releases", "--json"),
    ];
    for (const { stdout, stderr } of shown) expect(stdout + stderr).not.toContain("canary");
  }, 120_000);

  it("says what it needs to roll back is gone, and reports it every hour", async () => {
    const { readiness } = await stage.status();
    expect(readiness).toMatchObject({ state: "ready", to: { commit: second } });
    await removeRelease(stage, second);
    const { stdout } = await stage.lockstep("status");
    expect(stdout).toContain(`not ready to roll back to ${second.slice(0, 8)}`);
    expect(stdout).toMatch(/Image: Image sha256:\w{12} is no longer in the registry\. Fix: /);
    expect(stdout).toMatch(/Task definition: storefront-production:\d+ is INACTIVE\. Fix: /);
    expect(stdout).toMatch(/Secret variables: Version \w{8} of the secret variables is no longer kept/);
    expect(await reportReadiness(stage)).toBe(0);
  }, 60_000);

  it("is aborted during its build, which is stopped", async () => {
    const before = await served();
    const commit = await stage.push(copy, { "package.json": manifest("sleep 300") });
    await waitForOutcome(commit, /^running: Build$/);
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
    const row = { outcome: "failed; production unchanged", failure: { error: "Aborted" } };
    // The rollback does not wait for the event by which it is recorded.
    await vi.waitFor(async () => expect(await rowOf(commit)).toMatchObject(row), { timeout: 20_000, interval: 300 });
    expect(await served()).toBe(before);
    const none = await stage.lockstep("abort");
    expect(none).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("No deployment or rollback is running"),
    });
  }, 120_000);

  it("is refused when its buildspec exports an image of another repository", async () => {
    const digest = `sha256:${"a".repeat(64)}`;
    const variables = {
      IMAGE_DIGEST: digest,
      IMAGE_URI: `docker.io/library/storefront@${digest}`,
      MIGRATIONS: "[]",
      MIGRATION_COUNT: "0",
      REQUIRED_VARIABLES: "",
    };
    const env = { variables, "exported-variables": Object.keys(variables) };
    const spec = { version: "0.2", env, phases: { build: { commands: ["true"] } } };
    const commit = await stage.push(copy, { "buildspec.yml": JSON.stringify(spec) });
    await waitForOutcome(commit, /^failed; production unchanged$/);
    const { failure } = (await rowOf(commit)) ?? {};
    expect(failure).toMatchObject({ step: "Build", error: "BuildFailed" });
    expect(failure?.cause).toContain(`IMAGE_URI ${variables.IMAGE_URI}, which is not image ${digest}`);
    await copy.git("rm", "--quiet", "buildspec.yml");
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

describe("a frozen stage", () => {
  it("reports why, holds deployments, and resumes them when it is unlocked", async () => {
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
    const refused = await stage.lockstep("deploy");
    expect(refused).toMatchObject({ exitCode: 4, stdout: "" });
    for (const words of ["Not deployed: production has been frozen since", frozen.reason, "run: lockstep unlock"])
      expect(refused.stderr).toContain(words);
    const commit = await stage.push(copy, { "src/server.js": server("four") });
    await waitForOutcome(commit, /^waiting: the stage is frozen$/);
    expect((await releases()).filter((row) => row.commit === commit)).toHaveLength(1);
    expect((await stage.lockstep("status")).stdout).toMatch(/Waiting +\S+ until the stage is unlocked/);
    // Recorded when the notice has been published.
    const held = async () => (await deploymentItems(documents)).find((item) => item.commit === commit)?.heldSince;
    await vi.waitFor(async () => expect(await held()).toBe(frozen.since), { timeout: 20_000, interval: 200 });
    const up = await stage.up();
    expect(up).toMatchObject({ exitCode: 4, stderr: expect.stringContaining(frozen.reason) });
    expect(up.stderr).toContain("waits until the stage is unlocked");
    const unconfirmed = await stage.lockstep("unlock");
    expect(unconfirmed).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("add --yes") });
    expect(unconfirmed.stderr).toContain(frozen.reason);
    expect((await stage.status()).frozen).toMatchObject({ since: frozen.since });
    const unlocked = await stage.lockstep("unlock", "--yes", "--reason", "it was looked at", "--json");
    expect(unlocked.exitCode, unlocked.stderr).toBe(0);
    expect(JSON.parse(unlocked.stdout)).toMatchObject({ unlocked: true, by: root, woken: 1 });
    expect((await decide(commit, "reject")).exitCode).toBe(0);
    await waitForOutcome(commit, /^failed; production unchanged$/);
    expect((await stage.status()).frozen).toBeNull();
  }, 120_000);
});

describe("a wrong command", () => {
  it.each([
    { args: ["deploy", "no-such-branch"], words: 'no branch, tag or commit "no-such-branch"' },
    { args: ["redrive", "ffffffff"], words: 'No deployment matches "ffffffff"' },
    { args: ["approve"], words: "No deployment is waiting for approval" },
    { args: ["rollback", "ffffffff"], words: 'No release matches "ffffffff"' },
    { args: ["unlock"], words: "production is not locked" },
    { args: ["releases", "--limit", "none"], words: "Expected a whole number" },
  ])("lockstep $args is a usage error", async ({ args, words }) => {
    const { exitCode, stdout, stderr } = await stage.lockstep(...args);
    expect(stderr).toContain(words);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  });
});
