import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { randomUUID } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { AwsError, describeError, internalFailure, refusal } from "./errors.ts";
import { headerOf, type Target, type WireRequest, type WireResponse } from "./message.ts";
import type { ServiceSchema } from "./registry.ts";
import { codecOf, targetOf } from "./routing.ts";
import { readSignature, verifySignature } from "./sigv4.ts";

const longestBodyBytes = 16 * 1024 * 1024;

export type Route = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** A call whose signature holds. `P` is whoever the host takes for its caller. */
export interface WireCall<P> {
  service: ServiceSchema;
  operation: Target["operation"];
  input: unknown;
  principal: P;
  requestId: string;
  rawBody: Uint8Array;
}

/** The cloud that answers requests. */
export interface WireHost<P> {
  region: string;
  services: readonly ServiceSchema[];
  /** Doors beside the AWS protocols, by the first segment of their paths, e.g. `/v2/`. */
  routes: ReadonlyMap<string, Route>;
  /** Undefined for a key that was never given out. */
  resolveKey(
    accessKeyId: string,
    sessionToken: string | undefined,
  ): { secretAccessKey: string; principal: P } | undefined;
  /** Output of the operation, or the whole answer where the service writes it itself. */
  dispatch(call: WireCall<P>): Promise<{ output: unknown } | { raw: WireResponse }>;
  now(): number;
  onFault(error: unknown, facts: Record<string, unknown>): void;
}

export interface WireServer {
  port: number;
  /** Until a host is given, every request waits. */
  open<P>(host: WireHost<P>): void;
  close(): Promise<void>;
}

/** Listens on loopback only. */
export async function listen(port: number): Promise<WireServer> {
  const opened = Promise.withResolvers<(request: IncomingMessage, response: ServerResponse) => void>();
  const server = createServer((request, response) => void opened.promise.then((answer) => answer(request, response)));
  server.keepAliveTimeout = 120_000; // pooled clients would otherwise meet connections that just closed
  server.requestTimeout = 0; // the push of a large repository or image takes as long as it takes; heads have their 60 s
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || !address) throw new Error("The server has no port");
  return {
    port: address.port,
    open(host) {
      opened.resolve((request, response) => void handle({ host, port: address.port }, request, response));
    },
    close: () => close(server),
  };
}

const close = (server: Server) =>
  new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

interface Door<P> {
  host: WireHost<P>;
  port: number;
}

async function handle<P>(door: Door<P>, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const refused = refusedCaller(request, door.port);
    if (refused) return void response.writeHead(403, { "content-type": "text/plain" }).end(refused);
    const route = routeOf(door.host, request.url ?? "/");
    if (route) return await route(request, response);
    const body = await readBody(request);
    if (!body) return void response.writeHead(413, { connection: "close" }).end();
    const { status, headers, body: content } = await answerCall(door.host, wireRequest(request, body));
    response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(content) }).end(content);
  } catch (error) {
    if (!request.complete && request.destroyed) return void response.destroy(); // the client disconnected
    door.host.onFault(error, { url: request.url });
    if (response.headersSent) response.destroy();
    else response.writeHead(500).end();
  }
}

/**
 * A page of another site in the same browser can reach loopback: by its own name for our address (Host) or by a
 * request across sites (Origin, Sec-Fetch-Site). No AWS client sends such.
 */
function refusedCaller({ headers }: IncomingMessage, port: number): string | undefined {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  if (!hosts.includes(headers.host ?? "")) return `This endpoint is ${hosts[0]}, not "${headers.host}".\n`;
  if (headers.origin !== undefined && !hosts.some((host) => headers.origin === `http://${host}`)) {
    return `Requests from pages of ${headers.origin} are refused.\n`;
  }
  const site = headerOf(headers, "sec-fetch-site");
  return site === "cross-site" || site === "same-site"
    ? "Requests from pages of other sites are refused.\n"
    : undefined;
}

function routeOf<P>({ routes }: WireHost<P>, url: string): Route | undefined {
  const segment = /^\/[^/?]+\//.exec(`${url.split("?")[0]}/`)?.[0];
  return segment === undefined ? undefined : routes.get(segment);
}

/** Undefined when the body is too large. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > longestBodyBytes) return undefined;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function wireRequest({ method = "GET", url = "/", headers }: IncomingMessage, body: Buffer): WireRequest {
  const [path = "/", ...rest] = url.split("?");
  const rawQuery = rest.join("?");
  return { method, path, rawQuery, query: new URLSearchParams(rawQuery), headers, body };
}

async function answerCall<P>(host: WireHost<P>, request: WireRequest): Promise<WireResponse> {
  const requestId = randomUUID();
  const codec = codecOf(request);
  let target: Target | undefined;
  try {
    if (!isWellEncoded(request))
      throw refusal("unreadable", codec.kind, "The URL contains an invalid percent-encoding.");
    target = targetOf(codec, host.services, request);
    const principal = authenticate(host, target, request);
    const input = await readInput(target, request);
    const { service, operation } = target;
    const result = await host.dispatch({ service, operation, input, principal, requestId, rawBody: request.body });
    if ("raw" in result) return result.raw;
    return codec.writeOutput(target, result.output, requestId);
  } catch (error) {
    const described = describeError(target?.service, error);
    if (!described)
      host.onFault(error, { service: target?.service.name, operation: target?.operation.name, requestId });
    return codec.writeError(target?.service, described ?? internalFailure, requestId);
  }
}

/** Checked before the signature, which is over the decoded text. */
function isWellEncoded({ path, rawQuery }: WireRequest): boolean {
  try {
    decodeURIComponent(path);
    decodeURIComponent(rawQuery.replaceAll("+", " "));
    return true;
  } catch {
    return false;
  }
}

function authenticate<P>(host: WireHost<P>, { service, codec }: Target, request: WireRequest): P {
  const { kind } = codec;
  const signed = readSignature(request, kind);
  if (!signed) throw refusal("missingToken", kind, "Missing Authentication Token");
  const key = host.resolveKey(signed.accessKeyId, signed.sessionToken);
  if (!key) throw refusal("unknownKey", kind, "The security token included in the request is invalid.");
  const { secretAccessKey, principal } = key;
  const expected = { secretAccessKey, region: host.region, service: service.signingName, now: host.now(), kind };
  verifySignature(request, signed, expected);
  return principal;
}

async function readInput(target: Target, request: WireRequest): Promise<unknown> {
  try {
    return await target.codec.readInput(target, inflated(request));
  } catch (error) {
    if (error instanceof AwsError) throw error;
    throw refusal("unreadable", target.codec.kind, `The request cannot be read: ${messageOf(error)}`);
  }
}

/** Large PutMetricData requests come compressed; the signature is over the compressed bytes. */
function inflated(request: WireRequest): WireRequest {
  const encoding = headerOf(request.headers, "content-encoding");
  if (encoding !== "gzip") return request;
  return { ...request, body: gunzipSync(request.body, { maxOutputLength: longestBodyBytes }) };
}

function messageOf(error: unknown): string {
  if (error instanceof RangeError) return "it is nested too deeply.";
  return error instanceof Error ? error.message : String(error);
}
