import { readFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { DynamoDBClient, waitUntilTableExists } from "@aws-sdk/client-dynamodb";
import { ECRClient } from "@aws-sdk/client-ecr";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AnyService } from "#local/cloud/index.ts";
import { services } from "#local/services/index.ts";
import {
  loadServiceSchema,
  requiredMembers,
  type OperationSchema,
  type Protocol,
  type ServiceSchema,
} from "#local/wire/index.ts";
import type { Stage } from "#test/support/codedeploy.ts";
import { diceOf, mutated, plausible, Vocabulary, type Dice, type Json } from "#test/support/fuzz-input.ts";
import { deliver, encode, send, type Addressee, type Received, type Sent } from "#test/support/fuzz-request.ts";
import { knownNames, seedsOf, startFuzzWorld } from "#test/support/fuzz-world.ts";
import type { TestCloud } from "#test/support/local-cloud.ts";
import { openRegistry } from "#test/support/oci-image.ts";
import { connected } from "#test/support/raw-http.ts";
import { seededRandom } from "#test/support/random-shape.ts";

const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);
const isLong = process.env.FUZZ_SECONDS !== undefined;
/** How long random requests go on: `SEED=1 FUZZ_SECONDS=600 npx vitest run test/contract/fuzz.test.ts`. */
const seconds = Number(process.env.FUZZ_SECONDS ?? 6);

interface Subject {
  definition: AnyService;
  schema: ServiceSchema;
  words: Vocabulary;
  dice: Dice;
  /** Inputs that succeeded, by operation. */
  corpus: Map<string, Json[]>;
}

let local: TestCloud;
let stage: Stage;
let subjects: Subject[];
/** Of git and of the image registry. */
let authorization: string;
const failures: string[] = [];
const counts: Record<string, number> = {};

beforeAll(async () => {
  ({ local, stage } = await startFuzzWorld());
  subjects = await Promise.all(services.map(subjectOf));
  ({ authorization } = await openRegistry(local.client(ECRClient)));
}, 120_000);
afterAll(() => local.stop(), 120_000);

async function subjectOf(definition: AnyService, index: number): Promise<Subject> {
  const [schema, client] = await Promise.all([
    loadServiceSchema(definition.name),
    import(`@aws-sdk/client-${definition.name}`),
  ]);
  const words = new Vocabulary(Object.entries(client), knownNames);
  return { definition, schema, words, dice: diceOf(seededRandom(seed + index)), corpus: new Map() };
}

const isImplemented = ({ definition: { name, reads } }: Subject, { key }: OperationSchema) =>
  reads?.[key] !== undefined || name === "dynamodb";

/** Sends a request and records a response that no client of AWS would understand. */
async function attempt({ schema, definition }: Subject, sent: Sent, what: string): Promise<Received | undefined> {
  const received = await send(local, schema.signingName, sent).catch((error: unknown) => String(error));
  const content = Buffer.from(sent.body).toString("utf8").slice(0, 600);
  const label = `${definition.name} ${what}: ${sent.method} ${sent.path.slice(0, 200)} ${content}`;
  if (typeof received === "string") return void failures.push(`${label}\n→ ${received}`);
  const { status, code = "", text } = received;
  counts[status] = (counts[status] ?? 0) + 1;
  const isRefused = status >= 400 && status < 500 && isKnown(schema, code);
  const isUnimplemented = status === 501 && code === "NotImplemented";
  if (status >= 300 && !isRefused && !isUnimplemented)
    failures.push(`${label}\n→ ${status} ${code} ${text.slice(0, 300)}`);
  return received;
}

const common = [
  "AccessDeniedException",
  "IncompleteSignatureException",
  "InvalidAction",
  "InvalidParameterCombination",
  "InvalidParameterValue",
  "MalformedInput",
  "MissingParameter",
  "ResourceNotFoundException",
  "SerializationException",
  "UnknownOperationException",
  "ValidationError",
  "ValidationException",
];
const isKnown = ({ errors }: ServiceSchema, code: string) =>
  common.includes(code) ||
  errors.has(code) ||
  errors.values().some((schema) => Object(schema.getMergedTraits()).awsQueryError?.[0] === code);

async function everyOperation(
  visit: (subject: Subject, operation: OperationSchema, protocol: Protocol) => Promise<unknown>,
) {
  const chains = subjects.map(async (subject) => {
    for (const operation of subject.schema.operations.values())
      for (const protocol of subject.schema.protocols) await visit(subject, operation, protocol);
  });
  await Promise.all(chains);
}

/** Sends an input, and remembers what it and its answer held if it succeeded. */
async function attemptInput(subject: Subject, addressee: Addressee, input: Json) {
  const { words, corpus } = subject;
  const { operation } = addressee;
  const received = await attempt(subject, encode(addressee, input), operation.name);
  if (!received || received.status >= 300) return received;
  words.learn(input);
  const known = corpus.get(operation.name) ?? [];
  corpus.set(operation.name, [...known.slice(-19), input]);
  if (received.text.startsWith("{")) words.learn(JSON.parse(received.text) as Json);
  for (const [, name = "", value = ""] of received.text.matchAll(/<(\w+)>([^<]+)<\/\1>/g)) words.learn(value, name);
  return received;
}

it("accepts the requests that the random ones are made from", async () => {
  for (const [name, operationName, input] of seedsOf(stage)) {
    const subject = subjects.find(({ definition }) => definition.name === name);
    const operation = subject?.schema.operations.get(operationName);
    const [protocol] = subject?.schema.protocols ?? [];
    if (!subject || !operation || !protocol) throw new Error(`no ${name} ${operationName}`);
    const received = await attemptInput(subject, { service: subject.schema, operation, protocol }, input);
    if (!received || received.status >= 300) failures.push(`${name} ${operationName} was refused: ${received?.text}`);
    if (operationName === "CreateTable")
      await waitUntilTableExists({ client: local.client(DynamoDBClient), maxWaitTime: 30 }, { TableName: "fuzz" });
  }
  expect(failures.splice(0)).toEqual([]);
}, 60_000);

it("refuses an empty input, and what is no input", async () => {
  await everyOperation(async (subject, operation, protocol) => {
    const { schema: service, dice } = subject;
    await attemptInput(subject, { service, operation, protocol }, {});
    if (!isImplemented(subject, operation)) return;
    const sent = encode({ protocol, service, operation }, {});
    for (const change of brokenBodies(protocol).filter(() => isLong || dice.chance(0.3)))
      await attempt(subject, { ...sent, ...change, headers: { ...sent.headers, ...change.headers } }, operation.name);
  });
  expect(failures.splice(0)).toEqual([]);
}, 600_000);

function brokenBodies(protocol: Protocol): Partial<Sent>[] {
  const texts = ["{", "null", "[]", '"x"', "1", "{}{}", "\u0000", '{"a":', "a=b&%zz=%", "<x/>", "[".repeat(50_000)];
  const bodies: (string | Uint8Array)[] = [
    ...texts,
    Uint8Array.of(0xff, 0xfe, 0x80),
    Uint8Array.of(0xbf),
    Uint8Array.of(0x9b, 255, 255, 255, 255, 255, 255, 255, 255),
  ];
  const packed = { "content-encoding": "gzip" };
  return [
    ...bodies.map((body) => ({ body })),
    { headers: packed, body: "no gzip" },
    { headers: packed, body: gzipSync("{").subarray(0, 12) },
    { headers: { "content-type": protocol === "query" ? "application/json" : "text/plain" }, body: "{}" },
    { headers: { "content-encoding": "br" }, body: "{}" },
  ];
}

/** What once succeeded, or a value of the operation's shape: as it is, or with something wrong in it. */
function randomInput(subject: Subject, operation: OperationSchema): Json {
  const { dice, definition, corpus } = subject;
  const { input: schema, key, name } = operation;
  const known = corpus.get(name) ?? [];
  const required = schema.isUnitSchema() ? [] : requiredMembers(schema);
  const allowed = dice.chance(0.9) ? definition.reads?.[key] : undefined;
  const base =
    known.length > 0 && dice.chance(0.4)
      ? dice.pick(known)
      : plausible(subject, { name: "", schema, allowed, required });
  return dice.chance(0.4) ? base : mutated(base, dice);
}

it(`answers random requests, seed ${seed}`, async () => {
  const deadline = performance.now() + seconds * 1000;
  const chains = subjects.map(async (subject) => {
    const { schema, dice } = subject;
    const operations = [...schema.operations.values()].filter((operation) => isImplemented(subject, operation));
    while (performance.now() < deadline) {
      const operation = dice.pick(operations);
      if (/^(delete|shut|stop)/.test(operation.key) && dice.chance(0.8)) continue;
      const addressee = { service: schema, operation, protocol: dice.pick(schema.protocols) };
      await attemptInput(subject, addressee, randomInput(subject, operation));
    }
  });
  await Promise.all(chains);
  console.log("responses by status:", counts);
  expect(failures.splice(0)).toEqual([]);
}, 3_600_000);

const digest = `sha256:${"0".repeat(64)}`;
const doors: [what: string, sent: Partial<Sent>][] = [
  ["a registry path that does not exist", { method: "GET", path: "/v2/app/nothing/here" }],
  ["a repository with a bad name", { method: "GET", path: "/v2/../UPPER/%ff/manifests/latest" }],
  ["a digest that is none", { method: "GET", path: "/v2/app/blobs/sha256:%zz" }],
  ["a blob by a wrong algorithm", { method: "HEAD", path: "/v2/app/blobs/md5:1" }],
  ["a tag that is too long", { method: "PUT", path: `/v2/app/manifests/${"x".repeat(200)}`, body: "{}" }],
  ["a manifest that is no JSON", { method: "PUT", path: "/v2/app/manifests/bad", body: "{" }],
  ["a manifest nested too deeply", { method: "PUT", path: "/v2/app/manifests/bad", body: "[".repeat(100_000) }],
  [
    "a manifest of the wrong shape",
    { method: "PUT", path: "/v2/app/manifests/bad", body: '{"schemaVersion":2,"layers":[null],"config":"x"}' },
  ],
  ["a manifest of more than 4 MiB", { method: "PUT", path: "/v2/app/manifests/bad", body: " ".repeat(5_000_000) }],
  ["a page size that is no number", { method: "GET", path: "/v2/app/tags/list?n=-1&last=%00" }],
  [
    "an upload that was never begun",
    { method: "PATCH", path: "/v2/app/blobs/uploads/00000000-0000-0000-0000-000000000000", body: "x" },
  ],
  ["an upload id that is a path", { method: "PUT", path: "/v2/app/blobs/uploads/..%2f..%2fx?digest=x", body: "x" }],
  ["a blob with another digest", { method: "POST", path: `/v2/app/blobs/uploads/?digest=${digest}`, body: "x" }],
  ["an upload with a broken digest", { method: "POST", path: "/v2/app/blobs/uploads/?digest=%ff", body: "x" }],
  ["referrers of a tag", { method: "GET", path: "/v2/app/referrers/latest" }],
  ["a git path that does not exist", { method: "GET", path: "/v1/repos/shop/objects/info/packs" }],
  ["an unknown git service", { method: "GET", path: "/v1/repos/shop/info/refs?service=git-fly" }],
  ["another repository by a path", { method: "GET", path: "/v1/repos/..%2fshop/info/refs?service=git-upload-pack" }],
  ["git without a content type", { method: "POST", path: "/v1/repos/shop/git-upload-pack", body: "0000" }],
  ["a repository that does not exist", { method: "POST", path: "/v1/repos/none/git-receive-pack", body: "0000" }],
];

/** Sends a request with a token's password, as git and Docker do. */
async function knock({ method = "GET", path = "/", body = "", headers = {} }: Partial<Sent>) {
  const { hostname, port, host } = new URL(local.endpoint);
  return deliver({ hostname, port }, { method, path, body, headers: { ...headers, host, authorization } });
}

describe("the doors beside the APIs refuse", () => {
  it.each(doors)("%s", async (_what, sent) => {
    const { status } = await knock(sent);
    expect(Math.floor(status / 100)).toBe(4);
  });

  // git reports a broken packet in its own protocol.
  it.each([
    ["git-upload-pack", "not a packet"],
    ["git-upload-pack", "0011command=fetch"],
    ["git-receive-pack", "ffff"],
    ["git-receive-pack", `${"0".repeat(40)} ${"1".repeat(40)} refs/heads/x`],
  ])("a %s of %s", async (service, body) => {
    const headers = { "content-type": `application/x-${service}-request` };
    expect((await knock({ method: "POST", path: `/v1/repos/shop/${service}`, body, headers })).status).toBeLessThan(
      500,
    );
  });
});

it("answers after clients that disconnect within a body", async () => {
  const { port, host } = new URL(local.endpoint);
  for (const path of ["/", "/v2/app/manifests/cut", "/v2/app/blobs/uploads/", "/v1/repos/shop/git-receive-pack"]) {
    const socket = await connected(Number(port));
    const head = `POST ${path} HTTP/1.1\r\nhost: ${host}\r\nauthorization: ${authorization}\r\ncontent-length: 9\r\n\r\nx`;
    socket.end(head);
    await new Promise((resolve) => socket.resume().once("close", resolve));
  }
  await expect(local.client(STSClient).send(new GetCallerIdentityCommand())).resolves.toBeDefined();
});

it("logs no fault of the local cloud", () => {
  const lines = readFileSync(path.join(local.directory, "cloud.log"), "utf8").split("\n").filter(Boolean);
  // Requests changed what deployments in progress need.
  const isFault = ({ level, msg }: { level: number; msg: string }) => level >= 50 && msg !== "Deployment step failed";
  expect(lines.filter((line) => isFault(JSON.parse(line)))).toEqual([]);
});
