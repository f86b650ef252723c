import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { gzipSync } from "node:zlib";
import { HttpRequest } from "@smithy/core/transport";
import { SignatureV4 } from "@smithy/signature-v4";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { listen, loadServiceSchema, type WireServer } from "#local/wire/index.ts";
import { connected } from "#test/support/raw-http.ts";
import { Sha256 } from "#test/support/sha256.ts";

const secretAccessKey = "secret";
let server: WireServer;
let inputs: unknown[];
const faults: unknown[] = [];

beforeAll(async () => {
  server = await listen(0);
  server.open({
    region: "eu-central-1",
    services: [await loadServiceSchema("sfn"), await loadServiceSchema("sts")],
    routes: new Map([["/v2/", (_request, response) => void response.end("a route")]]),
    resolveKey: (accessKeyId) => (accessKeyId === "AKIA" ? { secretAccessKey, principal: "me" } : undefined),
    async dispatch({ operation, input }) {
      if (operation.name === "StopExecution") throw new TypeError("a bug of ours");
      inputs.push(input);
      return { output: {} };
    },
    now: () => Date.now(),
    onFault: (error) => void faults.push(error),
  });
});
afterAll(() => server.close());
beforeEach(() => {
  inputs = [];
});

interface Sent {
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

async function send({ method = "POST", path = "/", headers = {}, body = "" }: Sent) {
  return new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
    const request = httpRequest({ host: "127.0.0.1", port: server.port, method, path, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve({ status: response.statusCode, text: Buffer.concat(chunks).toString() }));
    });
    request.once("error", reject).end(body);
  });
}

const signer = (service: string) =>
  new SignatureV4({
    service,
    region: "eu-central-1",
    credentials: { accessKeyId: "AKIA", secretAccessKey },
    sha256: Sha256 as never, // the signer's interface names types of the browser
  });

const unsigned = ({ method = "POST", path = "/", headers = {}, body = "" }: Sent) => {
  const [pathname = "/", search = ""] = path.split("?");
  const query = Object.fromEntries(new URLSearchParams(search));
  const host = `127.0.0.1:${server.port}`;
  return new HttpRequest({ method, path: pathname, query, headers: { host, ...headers }, body, protocol: "http:" });
};

async function sendSigned(sent: Sent, service = "states") {
  const { headers } = await signer(service).sign(unsigned(sent));
  return send({ ...sent, headers });
}

const target = { "x-amz-target": "AWSStepFunctions.StartExecution", "content-type": "application/x-amz-json-1.0" };
const body = JSON.stringify({ stateMachineArn: "arn" });

describe("a signature", () => {
  it("made by the SDK's own signer holds", async () => {
    expect(await sendSigned({ headers: target, body })).toMatchObject({ status: 200 });
    expect(inputs).toEqual([{ stateMachineArn: "arn" }]);
  });

  it("is over the path without empty and relative segments", async () => {
    expect(await sendSigned({ headers: target, body, path: "/./x//../y/" })).toMatchObject({ status: 200 });
  });

  it("does not hold for another body", async () => {
    const { headers } = await signer("states").sign(unsigned({ headers: target, body }));
    const answer = await send({ headers, body: body.replace("arn", "xyz") });
    expect(answer).toMatchObject({ status: 400, text: expect.stringContaining("InvalidSignatureException") });
    expect(inputs).toEqual([]);
  });

  it("does not hold for another service", async () => {
    const answer = await sendSigned({ headers: target, body }, "sts");
    expect(answer.text).toContain("Credential should be scoped to correct service: 'states', not 'sts'.");
  });

  it("does not hold when a header of AWS is not signed", async () => {
    const { headers } = await signer("states").sign(unsigned({ headers: target, body }));
    const answer = await send({ headers: { ...headers, "x-amz-meta": "added" }, body });
    expect(answer.text).toContain("'x-amz-meta' must be a 'SignedHeader'");
  });

  it("does not hold for a part of the date", async () => {
    const { headers } = await signer("states").sign(unsigned({ headers: target, body }));
    const authorization = String(headers.authorization).replace(/\/\d{8}\//, (date) => `${date.slice(0, 5)}/`);
    const answer = await send({ headers: { ...headers, authorization }, body });
    expect(answer.text).toContain("Date in Credential scope does not match the date of the request.");
  });

  it("is not asked for where the URL is badly encoded", async () => {
    expect(await send({ method: "GET", path: "/%zz" })).toMatchObject({ status: 400 });
    expect(await send({ method: "GET", path: "/?Action=%ff" })).toMatchObject({ status: 400 });
  });

  // boto3 presigns a POST where the SDK for JavaScript presigns a GET.
  it.each(["GET", "POST"])("of a URL to %s holds, until it expires", async (method) => {
    const path = "/?Action=GetCallerIdentity&Version=2011-06-15";
    const presign = async (signingDate: Date) => {
      const { query } = await signer("sts").presign(unsigned({ method, path }), { expiresIn: 60, signingDate });
      const signedQuery = Object.entries(query ?? {}).map(([name, value]): [string, string] => [name, String(value)]);
      return send({
        method,
        path: `/?${new URLSearchParams(signedQuery).toString()}`,
      });
    };
    expect(await presign(new Date())).toMatchObject({ status: 200 });
    const late = await presign(new Date(Date.now() - 61_000));
    expect(late).toMatchObject({ status: 403, text: expect.stringContaining("Signature expired") });
  });

  it("is incomplete without its parts", async () => {
    const answer = await send({ headers: { ...target, authorization: "AWS4-HMAC-SHA256 Credential=AKIA" }, body });
    expect(answer).toMatchObject({ status: 400, text: expect.stringContaining("IncompleteSignatureException") });
  });
});

describe("a request", () => {
  it("in a protocol that its service does not speak is refused", async () => {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const answer = await sendSigned({ headers, body: "Action=StartExecution&Version=2016-11-23&stateMachineArn=arn" });
    expect(answer).toMatchObject({ status: 400, text: expect.stringContaining("InvalidAction") });
    expect(inputs).toEqual([]);
  });

  it("whose client disconnects within the body is no fault", async () => {
    const socket = await connected(server.port);
    socket.end(`POST / HTTP/1.1\r\nhost: 127.0.0.1:${server.port}\r\ncontent-length: 9\r\n\r\nx`);
    await once(socket.resume(), "close");
    expect(faults).toEqual([]);
  });

  it("for an unknown operation or service is refused by name", async () => {
    const unknown = await sendSigned({ headers: { ...target, "x-amz-target": "AWSStepFunctions.Fly" }, body });
    expect(unknown).toMatchObject({ status: 400, text: expect.stringContaining("UnknownOperationException") });
    const missing = await sendSigned({ headers: { ...target, "x-amz-target": "AmazonSQS.SendMessage" }, body });
    expect(missing).toMatchObject({ status: 501, text: expect.stringContaining('of \\"AmazonSQS\\"') });
  });

  it("that is no JSON is unreadable", async () => {
    const answer = await sendSigned({ headers: target, body: "{" });
    expect(answer).toMatchObject({ status: 400, text: expect.stringContaining("SerializationException") });
  });

  it("may be compressed", async () => {
    const compressed = gzipSync(body);
    const headers = { ...target, "content-encoding": "gzip" };
    const signed = await signer("states").sign(Object.assign(unsigned({ headers }), { body: compressed }));
    expect(await send({ headers: signed.headers, body: compressed })).toMatchObject({ status: 200 });
    expect(inputs).toEqual([{ stateMachineArn: "arn" }]);
  });

  it("of more than 16 MiB is cut off", async () => {
    const answer = await send({ headers: target, body: Buffer.alloc(17 * 1024 * 1024) }).catch(() => ({ status: 413 }));
    expect(answer.status).toBe(413);
  });

  it("that causes an internal error exposes no details", async () => {
    const headers = { ...target, "x-amz-target": "AWSStepFunctions.StopExecution" };
    const answer = await sendSigned({ headers, body: JSON.stringify({ executionArn: "arn" }) });
    expect(answer).toMatchObject({ status: 500, text: expect.stringContaining("InternalFailure") });
    expect(answer.text).not.toContain("a bug of ours");
    expect(faults).toHaveLength(1);
  });

  it("to a route goes there as it is, but not from another site", async () => {
    expect(await send({ method: "GET", path: "/v2/?x=1" })).toEqual({ status: 200, text: "a route" });
    expect(await send({ method: "GET", path: "/v2" })).toEqual({ status: 200, text: "a route" });
    const headers = { origin: "https://attacker.example" };
    expect(await send({ method: "GET", path: "/v2/", headers })).toMatchObject({ status: 403 });
  });
});
