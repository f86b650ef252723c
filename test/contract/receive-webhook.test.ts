import { randomUUID } from "node:crypto";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { ListExecutionsCommand, SFNClient } from "@aws-sdk/client-sfn";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { sign } from "@octokit/webhooks-methods";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { webhookExamples } from "#test/support/webhook-examples.ts";
import { startWebhookStage } from "#test/support/webhook-stage.ts";
import { createGitHub } from "../../lambdas/core/github.ts";
import { dynamoTable, type Table } from "../../lambdas/core/table.ts";
import { type MissedPushDeps, startMissedPush } from "../../lambdas/events/reconcile/missed-push.ts";
import { gitHubRepository } from "../../lambdas/source/github.ts";

/** The repository and the branch of GitHub's examples. */
const repository = "Codertocat/Hello-World";
const branch = "master";
const zeros = "0".repeat(40);
let secret = "It's a Secret to Everybody";
let stage: Awaited<ReturnType<typeof startWebhookStage>>;
let table: Table;

beforeAll(async () => {
  stage = await startWebhookStage({ repository, branch, secret });
  table = dynamoTable(DynamoDBDocumentClient.from(stage.local.client(DynamoDBClient)), "stage");
}, 60_000);
afterAll(async () => {
  stage?.copy.remove();
  await stage?.local.stop();
});

interface Sending {
  id?: string;
  event?: string;
  signature?: string;
  headers?: Record<string, string>;
}

async function deliver(
  payload: object | string,
  sending: Sending = {},
): Promise<{ id: string; status: number; seconds: number }> {
  const { id = randomUUID(), event = "push" } = sending;
  const body = typeof payload === "string" ? payload : JSON.stringify(payload);
  const signature = sending.signature ?? (await sign(secret, body));
  const started = performance.now();
  const response = await fetch(stage.url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-github-event": event,
      "x-github-delivery": id,
      ...(signature !== "" && { "x-hub-signature-256": signature }),
      ...sending.headers,
    },
    body,
  });
  await response.text();
  return { id, status: response.status, seconds: (performance.now() - started) / 1000 };
}

async function push(message: string, ...options: string[]): Promise<string> {
  const commit = await stage.copy.commit({ "a.txt": message }, message);
  await stage.copy.git("push", "--quiet", ...options, "origin", `HEAD:refs/heads/${branch}`);
  return commit;
}

const pushOf = (after: string, fields: object = {}) => ({
  ref: `refs/heads/${branch}`,
  before: zeros,
  after,
  created: false,
  deleted: false,
  forced: false,
  repository: { full_name: repository },
  ...fields,
});

/** Commits whose deployment was started, the first 8 digits, oldest first. */
async function started(): Promise<string[]> {
  const { executions = [] } = await stage.local
    .client(SFNClient)
    .send(new ListExecutionsCommand({ stateMachineArn: stage.machineArn }));
  return executions
    .toSorted((a, b) => Number(a.startDate) - Number(b.startDate))
    .map(({ name = "" }) => name.slice(0, 8));
}

const short = (commit: string) => commit.slice(0, 8);
const statusOf = async (id: string) => (await table.get({ pk: "delivery", sk: id }))?.status;
const handled = (id: string) =>
  vi.waitFor(async () => expect(await statusOf(id)).toMatch(/^(handled|ignored)$/), 10_000);

describe("deliveries of pushes", () => {
  it.each(webhookExamples("push").map((payload, index) => [index, payload] as const))(
    "GitHub's example %i, once and twice, starts nothing but the head of the branch",
    async (index, payload) => {
      const head = await push(`example ${index}`);
      const before = await started();
      const once = await deliver(payload);
      expect(once.status).toBe(200);
      expect((await deliver(payload, { id: once.id })).status).toBe(200);
      await handled(once.id);
      expect((await deliver(payload, { id: once.id })).status).toBe(200);
      const { ref } = payload as { ref?: string };
      const expected = ref === `refs/heads/${branch}` ? [short(head)] : [];
      expect((await started()).slice(before.length)).toEqual(expected);
      const reason = expected.length === 0 ? "Tags are not deployed." : undefined;
      expect((await table.get({ pk: "delivery", sk: once.id }))?.reason).toBe(reason);
    },
  );

  it("that arrive out of order or late deploy the head only", async () => {
    const before = await started();
    const first = await push("first");
    const second = await push("second");
    const newer = await deliver(pushOf(second, { before: first }));
    await handled(newer.id);
    const older = await deliver(pushOf(first));
    await handled(older.id);
    const third = await push("third");
    await handled((await deliver(pushOf(third, { before: second }))).id);
    await handled((await deliver(pushOf(first))).id);
    expect((await started()).slice(before.length)).toEqual([short(second), short(third)]);
  });

  it("that arrive all at once deploy the head last", async () => {
    const commits = [];
    for (let index = 0; index < 8; index++) {
      commits.push(await push(`burst ${index}`));
    }
    const ids = await Promise.all(commits.map(async (commit) => (await deliver(pushOf(commit))).id));
    await Promise.all(ids.map(handled));
    expect((await started()).at(-1)).toBe(short(commits.at(-1) ?? ""));
    expect(new Set(await started()).size).toBe((await started()).length);
  });

  it("that are dropped are covered by the next one", async () => {
    const before = await started();
    await push("dropped");
    const head = await push("delivered");
    await handled((await deliver(pushOf(head))).id);
    expect((await started()).slice(before.length)).toEqual([short(head)]);
  });

  it("of a forced push to an older commit deploy it", async () => {
    const older = await stage.copy.git("rev-parse", "HEAD~1");
    await stage.copy.git("push", "--quiet", "--force", "origin", `${older}:refs/heads/${branch}`);
    const { id } = await deliver(pushOf(older, { forced: true }));
    await handled(id);
    expect((await started()).at(-1)).toBe(short(older));
    await stage.copy.git("push", "--quiet", "origin", `HEAD:refs/heads/${branch}`);
    await handled((await deliver(pushOf(await stage.copy.git("rev-parse", "HEAD")))).id);
  });

  it("of a deleted branch, another branch or another repository are ignored with a reason", async () => {
    const before = await started();
    const payloads = [
      pushOf(zeros, { deleted: true }),
      pushOf("1".repeat(40), { ref: "refs/heads/feature" }),
      pushOf("1".repeat(40), { repository: { full_name: "Codertocat/Other" } }),
    ];
    for (const payload of payloads) {
      const { id } = await deliver(payload);
      expect(await table.get({ pk: "delivery", sk: id })).toMatchObject({
        status: "ignored",
        reason: expect.any(String),
      });
    }
    expect(await started()).toEqual(before);
  });

  it("of which 1,000 are replayed start nothing, and are answered within a second", async () => {
    const head = await push("replayed");
    const { id } = await deliver(pushOf(head));
    await handled(id);
    const before = await started();
    const seconds: number[] = [];
    for (let round = 0; round < 100; round++) {
      const answers = await Promise.all(Array.from({ length: 10 }, () => deliver(pushOf(head), { id })));
      expect(answers.every(({ status }) => status === 200)).toBe(true);
      seconds.push(...answers.map((answer) => answer.seconds));
    }
    expect(await started()).toEqual(before);
    expect(seconds.toSorted((a, b) => a - b)[950]).toBeLessThan(1);
  }, 60_000);

  it("whose start failed are started by a redelivery", async () => {
    const head = await push("failed start");
    await stage.configure({ ...stage.variables, DEPLOY_MACHINE_ARN: `${stage.machineArn}-missing` });
    const { id } = await deliver(pushOf(head));
    await vi.waitFor(async () => {
      expect(await table.get({ pk: "push", sk: "head" })).toMatchObject({ push: { commit: head } });
    }, 10_000);
    expect(await statusOf(id)).toBe("received");
    expect(await started()).not.toContain(short(head));
    await stage.configure(stage.variables);
    await deliver(pushOf(head), { id });
    await handled(id);
    expect((await started()).filter((name) => name === short(head))).toHaveLength(1);
  });
});

describe("a request without a valid signature", () => {
  const head = "1".repeat(40);

  it.each([
    ["none", ""],
    ["that of another secret", undefined],
    ["SHA-1 only", `sha1=${"0".repeat(40)}`],
    ["upper-case digits", "upper"],
    ["cut short", `sha256=${"0".repeat(63)}`],
  ])("(%s) is refused and stores nothing", async (_what, signature) => {
    const body = JSON.stringify(pushOf(head));
    const forged =
      signature === undefined
        ? await sign("another", body)
        : signature === "upper"
          ? (await sign(secret, body)).toUpperCase()
          : signature;
    const { id, status } = await deliver(body, { signature: forged });
    expect(status).toBe(401);
    expect(await statusOf(id)).toBeUndefined();
  });

  it("with any bit of the signature flipped is refused", async () => {
    const body = JSON.stringify(pushOf(head));
    const mac = Buffer.from((await sign(secret, body)).slice("sha256=".length), "hex");
    const statuses = await Promise.all(
      Array.from({ length: 256 }, async (_, bit) => {
        const flipped = Buffer.from(mac);
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        return (await deliver(body, { signature: `sha256=${flipped.toString("hex")}` })).status;
      }),
    );
    expect(new Set(statuses)).toEqual(new Set([401]));
  });

  it("with one bit of the body flipped is refused", async () => {
    const body = JSON.stringify(pushOf(head));
    const signature = await sign(secret, body);
    for (let index = 0; index < body.length; index += 7) {
      const changed = `${body.slice(0, index)}${String.fromCharCode(body.charCodeAt(index) ^ 1)}${body.slice(index + 1)}`;
      expect((await deliver(changed, { signature })).status).toBe(401);
    }
  });
});

describe("other requests", () => {
  it.each([
    ["a ping", webhookExamples("ping")[0] ?? {}, { event: "ping" }, 200],
    ["another event", { action: "opened" }, { event: "issues" }, 200],
    ["a push without its fields", { ref: "refs/heads/master" }, {}, 400],
    ["text that is not JSON", "payload=%7B%7D", {}, 400],
    ["a push without an id", pushOf("1".repeat(40)), { id: "../x" }, 400],
  ])("%s is answered without a start", async (...[, payload, sending, status]) => {
    const before = await started();
    expect((await deliver(payload, sending)).status).toBe(status);
    expect(await started()).toEqual(before);
  });

  it("over 6 MB are refused by Lambda, and other methods than POST by the function", async () => {
    expect((await deliver("x".repeat(6 * 1024 * 1024 + 1))).status).toBe(413);
    expect((await fetch(stage.url)).status).toBe(405);
  });
});

it("accepts deliveries that are signed with the previous secret for a while after a rotation", async () => {
  const head = await push("rotated");
  const previous = await sign(secret, JSON.stringify(pushOf(head)));
  secret = "another secret";
  await stage.local
    .client(SecretsManagerClient)
    .send(new PutSecretValueCommand({ SecretId: "webhook", SecretString: secret }));
  expect((await deliver(pushOf(head), { signature: previous })).status).toBe(200);
  await vi.waitFor(async () => expect((await deliver(pushOf(head))).status).toBe(200), 10_000);
  expect((await deliver(pushOf(head), { signature: previous })).status).toBe(200);
});

it("finds a push whose delivery was lost", async () => {
  const head = await push("lost");
  let now = Date.now();
  const deps = reconcileDeps(() => new Date(now));
  await startMissedPush(deps, []);
  expect(await started()).not.toContain(short(head));
  now += 60_000;
  await startMissedPush(deps, []);
  expect((await started()).at(-1)).toBe(short(head));
  await startMissedPush(deps, []);
  expect((await started()).filter((name) => name === short(head))).toHaveLength(1);
});

function reconcileDeps(now: () => Date): MissedPushDeps {
  const client = createGitHub({ url: `${stage.local.endpoint}/github-api`, token: () => Promise.resolve(stage.token) });
  return {
    table,
    clock: { now },
    log: { appendKeys: () => {}, info: () => {}, error: () => {} },
    sfn: stage.local.client(SFNClient),
    eventBridge: stage.local.client(EventBridgeClient),
    repository: gitHubRepository(client, repository),
    settings: {
      TABLE_NAME: "stage",
      DEPLOY_MACHINE_ARN: stage.machineArn,
      BRANCH: branch,
      PATHS: "[]",
      GITHUB_TOKEN_ARN: "arn",
    },
  };
}
