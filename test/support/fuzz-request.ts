import { Agent, request as httpRequest } from "node:http";
import { cbor } from "@smithy/core/cbor";
import { HttpRequest } from "@smithy/core/transport";
import { SignatureV4 } from "@smithy/signature-v4";
import type { OperationSchema, Protocol, ServiceSchema } from "#local/wire/index.ts";
import type { Json } from "./fuzz-input.ts";
import { Sha256 } from "./sha256.ts";

export interface Sent {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string | Uint8Array;
}

export interface Received {
  status: number;
  /** The code of the error; undefined when there is none. */
  code: string | undefined;
  text: string;
}

export interface Addressee {
  protocol: Protocol;
  service: ServiceSchema;
  operation: OperationSchema;
}

/** The request that carries the input, whether or not the input fits the operation. */
export function encode({ protocol, service, operation }: Addressee, input: Json): Sent {
  const post = { method: "POST", path: "/" };
  if (protocol === "rest") return restRequest(operation, input);
  if (protocol === "query") {
    const form = new URLSearchParams({ Action: operation.name, Version: service.version });
    for (const [key, value] of flat("", input)) form.append(key, value);
    const body = form.toString();
    return { ...post, headers: { "content-type": "application/x-www-form-urlencoded" }, body };
  }
  if (protocol === "cbor") {
    const path = `/service/${service.target}/operation/${operation.name}`;
    const headers = { "content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor" };
    return { ...post, path, headers, body: cbor.serialize(input) };
  }
  const headers = {
    "content-type": "application/x-amz-json-1.1",
    "x-amz-target": `${service.target}.${operation.name}`,
  };
  return { ...post, headers, body: JSON.stringify(input) };
}

function flat(prefix: string, value: Json, depth = 0): [string, string][] {
  const below = (key: string) => (prefix === "" ? key : `${prefix}.${key}`);
  if (depth > 200) return [];
  if (Array.isArray(value)) {
    if (value.length === 0) return [[prefix, ""]];
    return value.flatMap((item, index) => flat(below(`member.${index + 1}`), item, depth + 1));
  }
  if (typeof value === "object" && value !== null)
    return Object.entries(value).flatMap(([key, item]) => flat(below(key), item, depth + 1));
  return prefix === "" ? [] : [[prefix, value === null ? "" : String(value)]];
}

function restRequest({ http, input: schema }: OperationSchema, input: Json): Sent {
  if (!http) throw new Error("an operation without a path");
  let [path = "/", query = ""] = http.path.split("?");
  const rest = new Map(Object.entries(Object(input) as Record<string, Json>));
  const headers: Record<string, string> = {};
  const search = new URLSearchParams(query);
  let body: string | undefined;
  for (const [name, member] of schema.isUnitSchema() ? [] : schema.structIterator()) {
    const { httpLabel, httpQuery, httpHeader, httpPayload } = member.getMergedTraits();
    const value = rest.get(name);
    // A longer request line is refused before anyone reads it.
    const text = (typeof value === "string" ? value : JSON.stringify(value ?? "")).slice(0, 1000);
    if (httpLabel) path = path.replace(new RegExp(`\\{${name}\\+?\\}`), () => encodeURIComponent(text.toWellFormed()));
    else if (value === undefined) continue;
    else if (httpQuery) search.append(httpQuery, text);
    else if (httpHeader)
      headers[httpHeader.toLowerCase()] = text
        .replace(/[^\x20-\x7e]/g, "?")
        .slice(0, 4000)
        .trim();
    else if (httpPayload) body = text;
    else continue;
    rest.delete(name);
  }
  const isArray = Array.isArray(input);
  const bodyText = body ?? JSON.stringify(isArray ? input : Object.fromEntries(rest));
  const target = search.size > 0 ? `${path}?${search.toString()}` : path;
  const content = http.method === "GET" ? "" : bodyText;
  return {
    method: http.method,
    path: target,
    headers: { ...headers, "content-type": "application/json" },
    body: content,
  };
}

export interface Sender {
  endpoint: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
}

const agent = new Agent({ keepAlive: true });

/** Sends the request, signed for the service; rejects when no response arrives. */
export async function send({ endpoint, credentials }: Sender, service: string, sent: Sent): Promise<Received> {
  const { host, hostname, port } = new URL(endpoint);
  const [path = "/", search = ""] = sent.path.split("?");
  const query = Object.fromEntries(new URLSearchParams(search));
  const signer = new SignatureV4({ service, region: "eu-central-1", credentials, sha256: Sha256 as never });
  const headers = { ...sent.headers, host };
  const unsigned = new HttpRequest({ method: sent.method, path, query, headers, body: sent.body, protocol: "http:" });
  return deliver({ hostname, port }, { ...sent, headers: (await signer.sign(unsigned)).headers });
}

/** Sends the request as it is. */
export function deliver({ hostname, port }: { hostname: string; port: string }, sent: Sent): Promise<Received> {
  const { method, path, body } = sent;
  const headers = { ...sent.headers, "content-length": Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const request = httpRequest({ hostname, port, method, path, headers, agent, timeout: 20_000 }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.once("error", reject).once("end", () => {
        const bytes = Buffer.concat(chunks);
        const type = response.headers["x-amzn-errortype"];
        const status = response.statusCode ?? 0;
        const isCbor = response.headers["content-type"] === "application/cbor";
        const text = isCbor ? JSON.stringify(cbor.deserialize(bytes)) : bytes.toString("utf8");
        resolve({ status, code: (typeof type === "string" ? type : undefined) ?? codeIn(text), text });
      });
    });
    request.once("timeout", () => request.destroy(new Error("no response within 20 seconds")));
    request.once("error", reject).end(body);
  });
}

const codeIn = (text: string) =>
  /"__type":"(?:[^"#]*#)?([^"]+)"|<Code>([^<]+)<\/Code>/.exec(text)?.slice(1).find(Boolean);
