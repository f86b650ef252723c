import type { IncomingMessage } from "node:http";

/** A request that is not forwarded, with the status for the client. */
export class Refused {
  readonly status: number;

  constructor(status: number) {
    this.status = status;
  }
}

export interface HeaderRules {
  dropInvalidHeaderFields: boolean;
  forwardedFor: "append" | "preserve" | "remove";
  /** Of the listener. */
  protocol: "http" | "https";
  port: string;
}

/** Headers for the target: names and values alternate. */
export interface Forwarded {
  headers: string[];
  hasBody: boolean;
}

type Kind =
  | "plain"
  | "hop"
  | "overwritten"
  | "connection"
  | "host"
  | "forwarded-for"
  | "trace"
  | "content-length"
  | "transfer-encoding"
  | "invalid";

const special: Readonly<Record<string, Kind>> = {
  connection: "connection",
  "keep-alive": "hop",
  "proxy-connection": "hop",
  te: "hop",
  trailer: "hop",
  upgrade: "hop",
  "http2-settings": "hop",
  // as AWS: the load balancer sends 100 Continue itself and does not forward the header.
  expect: "hop",
  "x-forwarded-proto": "overwritten",
  "x-forwarded-port": "overwritten",
  "x-forwarded-for": "forwarded-for",
  "x-amzn-trace-id": "trace",
  host: "host",
  "content-length": "content-length",
  "transfer-encoding": "transfer-encoding",
};

const kinds = new Map<string, Kind>();

function kindOf(name: string): Kind {
  const cached = kinds.get(name);
  if (cached) return cached;
  const lower = name.toLowerCase();
  const kind = Object.hasOwn(special, lower) ? special[lower] : undefined;
  const known = kind ?? (/^[-A-Za-z0-9]+$/.test(name) ? "plain" : "invalid");
  if (kinds.size < 2000) kinds.set(name, known);
  return known;
}

/** as AWS: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html (HTTP headers) */
const largestLine = 16 * 1024;

/** Targets get a path, also when a client sends the whole URL as to a forward proxy. */
export function originForm(url: string): string | undefined {
  if (url.length > largestLine) return undefined;
  if (url.startsWith("/")) return url;
  const parsed = URL.parse(url);
  return parsed && parsed.pathname !== "" ? parsed.pathname + parsed.search : undefined;
}

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html */
export function forwardedHeaders(request: IncomingMessage, rules: HeaderRules): Forwarded | Refused {
  const { rawHeaders } = request;
  if (rawHeaders.some((_, index) => index % 2 === 0 && lineLength(rawHeaders, index) > largestLine))
    return new Refused(400);
  const headers: string[] = [];
  const client = { host: 0, length: "", encoding: "", connection: "", forwardedFor: "", trace: "" };
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    const value = rawHeaders[index + 1] ?? "";
    const kind = kindOf(name);
    if (kind === "plain") headers.push(name, value);
    else if (kind === "host") {
      client.host += 1;
      headers.push(name, value);
    } else if (kind === "content-length") {
      if (client.length !== "") return new Refused(400);
      client.length = value;
      headers.push(name, value);
    } else if (kind === "transfer-encoding") client.encoding = join(client.encoding, value);
    else if (kind === "connection") client.connection = join(client.connection, value);
    else if (kind === "forwarded-for") client.forwardedFor = join(client.forwardedFor, value);
    else if (kind === "trace") client.trace = value;
    else if (kind === "invalid" && !rules.dropInvalidHeaderFields) headers.push(name, value);
  }
  const isChunked = client.encoding !== "";
  // Node's parser rejects the first two as well; request smuggling must not depend on that alone.
  if (client.host > 1 || (isChunked && client.length !== "")) return new Refused(400);
  if (isChunked && client.encoding.toLowerCase() !== "chunked") return new Refused(501);
  addOwn(headers, request, { ...rules, forwardedForSoFar: client.forwardedFor, trace: client.trace });
  const hasBody = isChunked || (client.length !== "" && client.length !== "0");
  return { headers: withoutNominated(headers, client.connection), hasBody };
}

const join = (before: string, value: string) => (before === "" ? value : `${before}, ${value}`);

interface Own extends HeaderRules {
  forwardedForSoFar: string;
  trace: string;
}

function addOwn(headers: string[], request: IncomingMessage, own: Own): void {
  const client = request.socket.remoteAddress ?? "127.0.0.1";
  const { forwardedForSoFar: before } = own;
  if (own.forwardedFor === "append") headers.push("X-Forwarded-For", join(before, client));
  else if (own.forwardedFor === "preserve" && before !== "") headers.push("X-Forwarded-For", before);
  headers.push("X-Forwarded-Proto", own.protocol, "X-Forwarded-Port", own.port, "X-Amzn-Trace-Id", traceId(own.trace));
}

let traced = Math.floor(Math.random() * 2 ** 32);
const traceSeed = Math.floor(Math.random() * 2 ** 48)
  .toString(16)
  .padStart(12, "0");

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-request-tracing.html */
function traceId(received: string): string {
  traced = (traced + 1) % 2 ** 32;
  const seconds = Math.floor(Date.now() / 1000).toString(16);
  const own = `1-${seconds}-${traceSeed}${traced.toString(16).padStart(12, "0")}`;
  if (received === "") return `Root=${own}`;
  return received.includes("Root=") ? `Self=${own};${received}` : `${received};Root=${own}`;
}

const nothingNominated = new Set(["", "keep-alive", "close", "Keep-Alive", "Close", "Upgrade", "upgrade"]);
// A client cannot remove the headers that the load balancer adds and those that frame the message.
const protectedNames = new Set([
  "host",
  "content-length",
  "x-forwarded-for",
  "x-forwarded-proto",
  "x-forwarded-port",
  "x-amzn-trace-id",
]);

/** Removes the hop-by-hop headers that `Connection` names. */
function withoutNominated(headers: string[], connection: string): string[] {
  if (nothingNominated.has(connection)) return headers;
  const nominated = new Set(connection.split(",").map((name) => name.trim().toLowerCase()));
  return headers.filter((_, index) => {
    const name = (headers[index - (index % 2)] ?? "").toLowerCase();
    return !nominated.has(name) || protectedNames.has(name);
  });
}

const notReturned: Readonly<Record<string, true>> = {
  connection: true,
  "keep-alive": true,
  "proxy-connection": true,
  "transfer-encoding": true,
  trailer: true,
  upgrade: true,
};

/** Headers for the client: names and values alternate; undefined when the response is malformed. */
export function returnedHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): (string | string[])[] | undefined {
  const encoding = headers["transfer-encoding"];
  if (encoding !== undefined && (encoding !== "chunked" || headers["content-length"] !== undefined)) return undefined;
  const connection = headers.connection;
  const returned: (string | string[])[] = [];
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined && !Object.hasOwn(notReturned, name)) returned.push(name, value);
  }
  return typeof connection === "string" && !nothingNominated.has(connection)
    ? withoutNamed(returned, connection)
    : returned;
}

function withoutNamed(headers: (string | string[])[], connection: string): (string | string[])[] {
  const nominated = new Set(connection.split(",").map((name) => name.trim().toLowerCase()));
  return headers.filter((_, index) => {
    const name = String(headers[index - (index % 2)]);
    return !nominated.has(name) || name === "content-length";
  });
}

const lineLength = (headers: readonly string[], index: number) =>
  (headers[index]?.length ?? 0) + (headers[index + 1]?.length ?? 0);
