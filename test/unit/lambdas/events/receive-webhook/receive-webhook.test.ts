import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { sign } from "@octokit/webhooks-methods";
import { describe, expect, test } from "vitest";
import { webhookExamples } from "#test/support/webhook-examples.ts";
import { receiveWebhook } from "../../../../../lambdas/events/receive-webhook/receive-webhook.ts";
import { webhookSecrets } from "../../../../../lambdas/events/receive-webhook/secrets.ts";
import { memoryDeps } from "../../support/deps.ts";
import { awsError, scripted } from "../../support/scripted.ts";

const repository = "Codertocat/Hello-World";
const head = "1".repeat(40);
const push = (fields: object = {}) => ({
  ref: "refs/heads/master",
  before: "0".repeat(40),
  after: head,
  deleted: false,
  forced: false,
  repository: { full_name: repository },
  ...fields,
});

/** Versions of the secret; the clock moves a second each time it is read. */
function receiver(versions: { AWSCURRENT: string; AWSPREVIOUS?: string; rotatedAt?: Date }) {
  const deps = memoryDeps();
  const events: unknown[] = [];
  let reads = 0;
  const client = scripted(SecretsManagerClient, {
    GetSecretValue: (input) => {
      reads += 1;
      const { VersionStage = "AWSCURRENT" } = input as { VersionStage?: "AWSCURRENT" | "AWSPREVIOUS" };
      if (versions[VersionStage] === undefined) throw awsError("ResourceNotFoundException");
      return { SecretString: versions[VersionStage], CreatedDate: versions.rotatedAt ?? new Date(0) };
    },
  });
  const receive = receiveWebhook({
    ...deps,
    eventBridge: scripted(EventBridgeClient, {
      PutEvents: (input) => ({ Entries: [{ EventId: String(events.push(input)) }] }),
    }),
    secrets: webhookSecrets(client, "webhook", deps.clock),
    settings: { TABLE_NAME: "stage", WEBHOOK_SECRET_ARN: "webhook", REPOSITORY_NAME: repository, BRANCH: "master" },
  });
  return { ...deps, events, receive, versions, reads: () => reads };
}

interface Sending {
  id?: string;
  event?: string;
  signature?: string;
  method?: string;
  isBase64Encoded?: boolean;
}

const secret = "It's a Secret to Everybody";

async function request(payload: object | string, sending: Sending = {}) {
  const body = typeof payload === "string" ? payload : JSON.stringify(payload);
  const { id = "guid-1", event = "push", method = "POST", isBase64Encoded = false } = sending;
  const signature = sending.signature ?? (await sign(secret, body));
  return {
    requestContext: { http: { method } },
    headers: { "x-github-delivery": id, "x-github-event": event, "x-hub-signature-256": signature },
    body: isBase64Encoded ? Buffer.from(body).toString("base64") : body,
    isBase64Encoded,
  };
}

const stored = async ({ table }: ReturnType<typeof receiver>) => (await table.query("delivery")).length;

test("the signature of GitHub's documentation is accepted", async () => {
  const target = receiver({ AWSCURRENT: secret });
  const signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
  const answer = await target.receive(await request("Hello, World!", { signature }));
  expect(answer).toMatchObject({ statusCode: 400, body: expect.stringContaining("not JSON") });
});

describe("a push", () => {
  test.each(webhookExamples("push").map((payload, index) => [index, payload] as const))(
    "GitHub's example %i is stored, and announced if it is of the branch",
    async (_index, payload) => {
      const target = receiver({ AWSCURRENT: secret });
      expect(await target.receive(await request(payload))).toMatchObject({ statusCode: 200 });
      const isBranch = (payload as { ref?: string }).ref === "refs/heads/master";
      expect(await target.table.query("delivery")).toMatchObject([{ status: isBranch ? "received" : "ignored" }]);
      expect(target.events).toHaveLength(isBranch ? 1 : 0);
    },
  );

  test("in base64 is verified over the bytes", async () => {
    const target = receiver({ AWSCURRENT: secret });
    const sent = await request(push({ pusher: "Ädä" }), { isBase64Encoded: true });
    expect(await target.receive(sent)).toMatchObject({ statusCode: 200 });
    expect(target.events).toHaveLength(1);
  });

  test("that is redelivered is announced again until it is handled: 1,000 replays announce nothing", async () => {
    const target = receiver({ AWSCURRENT: secret });
    await target.receive(await request(push()));
    await target.receive(await request(push()));
    expect(target.events).toHaveLength(2);
    await target.table.patch({ pk: "delivery", sk: "guid-1" }, { status: "handled" });
    const replay = await request(push());
    for (let round = 0; round < 1000; round++) {
      expect(await target.receive(replay)).toMatchObject({ statusCode: 200 });
    }
    expect(target.events).toHaveLength(2);
    expect(await stored(target)).toBe(1);
  });

  test.each([
    [push({ deleted: true, after: "0".repeat(40) }), "The branch was deleted."],
    [push({ ref: "refs/heads/feature" }), "This stage deploys branch master."],
    [push({ ref: "refs/tags/master" }), "Tags are not deployed."],
    [push({ repository: { full_name: "a/b" } }), `This stage deploys repository ${repository}.`],
  ])("that is not deployed is stored with its reason: %#", async (payload, reason) => {
    const target = receiver({ AWSCURRENT: secret });
    expect(await target.receive(await request(payload))).toMatchObject({ statusCode: 200 });
    expect(await target.table.query("delivery")).toMatchObject([{ status: "ignored", reason }]);
    expect(target.events).toEqual([]);
  });
});

describe("a request is refused, and nothing is stored,", () => {
  const refused = async (sending: Sending, payload: object | string = push()) => {
    const target = receiver({ AWSCURRENT: secret });
    const { statusCode } = await target.receive(await request(payload, sending));
    expect(await stored(target)).toBe(0);
    expect(target.events).toEqual([]);
    return statusCode;
  };

  test.each([
    ["no signature", { signature: "" }],
    ["SHA-1", { signature: `sha1=${"0".repeat(40)}` }],
    ["a short signature", { signature: `sha256=${"0".repeat(63)}` }],
    ["digits that are not hexadecimal", { signature: `sha256=${"g".repeat(64)}` }],
  ])("with %s", async (_what, sending) => {
    expect(await refused(sending)).toBe(401);
  });

  test("with the signature of another secret, or with one bit of signature or body flipped", async () => {
    const body = JSON.stringify(push());
    expect(await refused({ signature: await sign("another", body) })).toBe(401);
    const signature = await sign(secret, body);
    const mac = Buffer.from(signature.slice("sha256=".length), "hex");
    for (let bit = 0; bit < 256; bit++) {
      const flipped = Buffer.from(mac);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(await refused({ signature: `sha256=${flipped.toString("hex")}` })).toBe(401);
    }
    for (let index = 0; index < body.length; index++) {
      const letter = String.fromCharCode(body.charCodeAt(index) ^ 1);
      expect(await refused({ signature }, `${body.slice(0, index)}${letter}${body.slice(index + 1)}`)).toBe(401);
    }
  });

  test.each([
    ["that is not a POST", push(), { method: "GET" }, 405],
    ["without a delivery id", push(), { id: "../x" }, 400],
    ["that is not JSON", "payload=%7B%7D", {}, 400],
    ["without the fields of a push", { ref: "refs/heads/master" }, {}, 400],
    ["of another event", { action: "opened" }, { event: "issues" }, 200],
    ["that is a ping", webhookExamples("ping")[0] ?? {}, { event: "ping" }, 200],
  ] as const)("%s", async (...[, payload, sending, status]) => {
    expect(await refused(sending, payload)).toBe(status);
  });
});

describe("a secret that is rotated", () => {
  const rotatedAt = new Date("2026-01-01T12:00:00Z");

  test("loses no delivery: the new one is accepted within seconds, the previous one for an hour", async () => {
    const target = receiver({ AWSCURRENT: "former" });
    const former = await sign("former", JSON.stringify(push()));
    expect(await target.receive(await request(push(), { signature: former }))).toMatchObject({ statusCode: 200 });
    Object.assign(target.versions, { AWSCURRENT: secret, AWSPREVIOUS: "former", rotatedAt });
    for (let second = 0; second < 10; second++) target.clock.now();
    expect(await target.receive(await request(push()))).toMatchObject({ statusCode: 200 });
    expect(await target.receive(await request(push(), { signature: former }))).toMatchObject({ statusCode: 200 });
    for (let second = 0; second < 3600; second++) target.clock.now();
    expect(await target.receive(await request(push(), { signature: former }))).toMatchObject({ statusCode: 401 });
  });

  test("is not read again for every forged request", async () => {
    const target = receiver({ AWSCURRENT: secret });
    const forged = await request(push(), { signature: `sha256=${"0".repeat(64)}` });
    for (let round = 0; round < 100; round++) await target.receive(forged);
    expect(target.reads()).toBeLessThan(100);
  });
});
