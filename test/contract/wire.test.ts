import { AwsQueryProtocol, AwsSmithyRpcV2CborProtocol } from "@aws-sdk/core/protocols";
import type { NormalizedSchema } from "@smithy/core/schema";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  listen,
  loadServiceSchema,
  type OperationSchema,
  type ServiceSchema,
  type WireServer,
} from "#local/wire/index.ts";
import { randomValue, seededRandom } from "#test/support/random-shape.ts";

const names = [
  "cloudwatch",
  "cloudwatch-logs",
  "codebuild",
  "codecommit",
  "codedeploy",
  "dynamodb",
  "ecr",
  "ecs",
  "elastic-load-balancing-v2",
  "eventbridge",
  "lambda",
  "rds",
  "secrets-manager",
  "sfn",
  "sts",
];

const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);
const credentials = { accessKeyId: "AKIAROUNDTRIP", secretAccessKey: "secret" };
const region = "eu-central-1";

let server: WireServer;
let services: ServiceSchema[];
let request: { operation: string; input: unknown } | undefined;
let answer: () => unknown;

beforeAll(async () => {
  services = await Promise.all(names.map(loadServiceSchema));
  server = await listen(0);
  server.open({
    region,
    services,
    routes: new Map(),
    resolveKey: () => ({ secretAccessKey: credentials.secretAccessKey, principal: "anyone" }),
    async dispatch({ operation, input }) {
      request = { operation: operation.name, input };
      return { output: answer() };
    },
    now: () => Date.now(),
    onFault: (error) => {
      throw error;
    },
  });
});
afterAll(() => server.close());

type Send = (operation: OperationSchema, input: unknown) => Promise<unknown>;

/** The official client of a service, unchanged but for names that do not resolve on loopback. */
async function clientOf(name: string, options: object = {}): Promise<Send> {
  const sdk: Record<string, unknown> = await import(`@aws-sdk/client-${name}`);
  const isClient = (
    shape: unknown,
  ): shape is new (
    options: object,
  ) => { send: (command: unknown) => Promise<unknown> } =>
    typeof shape === "function" && /[^_]Client$/.test(shape.name);
  const isCommand = (shape: unknown): shape is new (input: unknown) => unknown => typeof shape === "function";
  const Client = Object.values(sdk).find(isClient);
  if (!Client) throw new Error(`no client in ${name}`);
  const endpoint = `http://127.0.0.1:${server.port}`;
  const client = new Client({ endpoint, region, credentials, maxAttempts: 1, disableHostPrefix: true, ...options });
  return async (operation, input) => {
    const Command = sdk[`${operation.name}Command`];
    if (!isCommand(Command)) throw new Error(`no command ${operation.name}`);
    return client.send(new Command(input));
  };
}

/** Sent unsigned, for they are how one comes by a key. */
const unsigned = ["AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"];

const isCarried = ({ name, input, output }: OperationSchema) =>
  !unsigned.includes(name) && !hasStream(input) && !hasStream(output);

function errorClass(sdk: Record<string, unknown>, name: string): new (...input: never[]) => Error {
  const ErrorClass = sdk[name];
  if (typeof ErrorClass !== "function") throw new Error(`no error class ${name}`);
  return ErrorClass as new (
    ...input: never[]
  ) => Error; // every error shape is exported as its class
}

const hasStream = (schema: NormalizedSchema): boolean =>
  schema.isStructSchema() && schema.getEventStreamMember() !== "";

/** What the SDK does beyond writing down its input. */
const addedByClient: Readonly<Record<string, readonly string[]>> = {
  // The client presigns a second request where a SourceRegion is given.
  rds: ["SourceRegion", "PreSignedUrl"],
  // An endpoint id needs another algorithm of signature.
  eventbridge: ["EndpointId"],
};

/** Without what a protocol cannot carry: empty structures, absent members; and without what is the client's own. */
function plain(value: unknown, left: readonly string[] = []): unknown {
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (Array.isArray(value)) return value.map((item) => plain(item, left));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value)
    .filter(([key, item]) => item !== undefined && key !== "$metadata" && !left.includes(key))
    .map(([key, item]) => [key, plain(item, left)] as const)
    .filter(([, item]) => !isEmpty(item));
  return Object.fromEntries(entries);
}

const isEmpty = (value: unknown) =>
  value === null || value === undefined || (typeof value === "object" && Object.values(value).every(isEmpty));

interface Carried {
  operation: string;
  input: unknown;
  output: unknown;
}

/** Every operation once: what went in at one end, and what came out at the other. */
async function roundTrip(name: string, options: object = {}): Promise<{ sent: Carried[]; received: Carried[] }> {
  const service = services.find((candidate) => candidate.name === name);
  const send = await clientOf(name, options);
  const random = seededRandom(seed);
  const left = addedByClient[name] ?? [];
  const sent: Carried[] = [];
  const received: Carried[] = [];
  for (const operation of service?.operations.values().filter(isCarried) ?? []) {
    const input = operation.input.isUnitSchema() ? {} : plainInput(randomValue(operation.input, random), left);
    const output = operation.output.isUnitSchema() ? {} : randomValue(operation.output, random);
    answer = () => output;
    request = undefined;
    const got = await send(operation, input);
    sent.push({ operation: operation.name, input: plain(input, left), output: plain(output) });
    received.push({ operation: requestedOperation(), input: plain(Object(request).input, left), output: plain(got) });
  }
  return { sent, received };
}

const requestedOperation = () => request?.operation ?? "none";

describe.each(names)(`%s, seed ${seed}`, (name) => {
  it("carries every input and every output unchanged", async () => {
    const { sent, received } = await roundTrip(name);
    expect(received).toEqual(sent);
  }, 60_000);

  it("carries every modelled error as its own class", async () => {
    const service = services.find((candidate) => candidate.name === name);
    const send = await clientOf(name);
    const sdk = await import(`@aws-sdk/client-${name}`);
    const operation = service?.operations.values().find(isCarried);
    if (!operation) throw new Error(`no operation in ${name}`);
    const input = randomValue(operation.input, seededRandom(seed));
    for (const error of service?.errors.keys() ?? []) {
      if (indistinct.includes(error)) continue;
      answer = () => {
        throw modelled(error);
      };
      const got = await send(operation, input).catch((thrown: unknown) => thrown);
      expect(got).toMatchObject({ name: error, message: "something is wrong" });
      expect(got).toBeInstanceOf(errorClass(sdk, error));
    }
  }, 60_000);
});

it.each([
  ["the query protocol, as older clients do", AwsQueryProtocol],
  ["CBOR", AwsSmithyRpcV2CborProtocol],
])(`speaks CloudWatch over %s`, async (_story, protocol) => {
  const { sent, received } = await roundTrip("cloudwatch", { protocol });
  expect(received).toEqual(sent);
  const send = await clientOf("cloudwatch", { protocol });
  const operation = services.find(({ name }) => name === "cloudwatch")?.operations.get("ListMetrics");
  answer = () => {
    throw modelled("InvalidParameterValueException");
  };
  await expect(operation && send(operation, {})).rejects.toMatchObject({ name: "InvalidParameterValueException" });
});

/** Two errors of CloudWatch share the query code ResourceNotFound, by which clients know them. */
const indistinct = ["DashboardNotFoundError"];

const modelled = (name: string) => Object.assign(new Error("something is wrong"), { name, $fault: "client" });

function plainInput(input: unknown, left: readonly string[]): unknown {
  const entries = Object.entries(Object(input)).filter(([key]) => !left.includes(key));
  return Object.fromEntries(entries);
}
