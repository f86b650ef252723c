import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { refusal } from "./errors.ts";
import { headerOf, type Codec, type WireRequest } from "./message.ts";

const algorithm = "AWS4-HMAC-SHA256";
const allowedSkewMilliseconds = 5 * 60 * 1000;
const longestPresignedSeconds = 7 * 24 * 3600;

/** What a request says of its signature. */
export interface Signature {
  accessKeyId: string;
  scope: { date: string; region: string; service: string };
  signedHeaders: readonly string[];
  signature: string;
  /** `20260101T000000Z` */
  timestamp: string;
  sessionToken?: string;
  /** How long a presigned URL is valid. */
  expiresInSeconds?: number;
}

/** Undefined when the request is not signed at all. */
export function readSignature(request: WireRequest, kind: Codec["kind"]): Signature | undefined {
  const authorization = headerOf(request.headers, "authorization");
  if (authorization !== undefined) return fromHeader(request, authorization, kind);
  return request.query.has("X-Amz-Signature") ? fromUrl(request, kind) : undefined;
}

function fromHeader(request: WireRequest, authorization: string, kind: Codec["kind"]): Signature {
  const fields = /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
    authorization,
  );
  if (!fields) throw refusal("incomplete", kind, "The Authorization header is no complete AWS4-HMAC-SHA256 signature.");
  const sessionToken = headerOf(request.headers, "x-amz-security-token");
  return {
    ...credential(fields[1] ?? "", kind),
    signedHeaders: (fields[2] ?? "").split(";"),
    signature: fields[3] ?? "",
    timestamp: headerOf(request.headers, "x-amz-date") ?? "",
    ...(sessionToken === undefined ? {} : { sessionToken }),
  };
}

function fromUrl({ query }: WireRequest, kind: Codec["kind"]): Signature {
  const sessionToken = query.get("X-Amz-Security-Token");
  if (query.get("X-Amz-Algorithm") !== algorithm) throw refusal("incomplete", kind, "Only AWS4-HMAC-SHA256 is known.");
  return {
    ...credential(query.get("X-Amz-Credential") ?? "", kind),
    signedHeaders: (query.get("X-Amz-SignedHeaders") ?? "").split(";"),
    signature: query.get("X-Amz-Signature") ?? "",
    timestamp: query.get("X-Amz-Date") ?? "",
    expiresInSeconds: Number(query.get("X-Amz-Expires")),
    ...(sessionToken === null ? {} : { sessionToken }),
  };
}

function credential(text: string, kind: Codec["kind"]): Pick<Signature, "accessKeyId" | "scope"> {
  const [accessKeyId = "", date = "", region = "", service = "", end, ...rest] = text.split("/");
  if (end !== "aws4_request" || rest.length > 0) {
    throw refusal("incomplete", kind, `The credential must be KEY/DATE/REGION/SERVICE/aws4_request, not "${text}".`);
  }
  return { accessKeyId, scope: { date, region, service } };
}

export interface Expected {
  secretAccessKey: string;
  region: string;
  service: string;
  now: number;
}

/** Throws unless the request was signed with this secret, for this service and region, within the allowed time. */
export function verifySignature(
  request: WireRequest,
  signed: Signature,
  { kind, ...expected }: Expected & { kind: Codec["kind"] },
): void {
  const refuse = (message: string) => refusal("badSignature", kind, message);
  const { scope, timestamp, signedHeaders } = signed;
  if (scope.region !== expected.region) {
    throw refuse(`Credential should be scoped to a valid region: '${expected.region}', not '${scope.region}'.`);
  }
  if (scope.service !== expected.service) {
    throw refuse(`Credential should be scoped to correct service: '${expected.service}', not '${scope.service}'.`);
  }
  if (timestamp.slice(0, 8) !== scope.date)
    throw refuse("Date in Credential scope does not match the date of the request.");
  const late = lateness(signed, expected.now);
  if (late) throw refuse(`Signature ${late}: ${timestamp}`);
  if (!signedHeaders.includes("host")) throw refuse("'Host' must be a 'SignedHeader' in the AWS Authorization.");
  const unsigned = Object.keys(request.headers).find(
    (name) => name.startsWith("x-amz-") && !signedHeaders.includes(name),
  );
  if (unsigned !== undefined) throw refuse(`'${unsigned}' must be a 'SignedHeader' in the AWS Authorization.`);
  const payloadHash = hashOfPayload(request);
  if (payloadHash === undefined) {
    throw refuse("The provided 'x-amz-content-sha256' header does not match what was computed.");
  }
  const expectedSignature = sign(expected.secretAccessKey, signed, canonicalRequest(request, signed, payloadHash));
  if (!isEqual(expectedSignature, signed.signature)) {
    throw refuse(
      "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.",
    );
  }
}

function lateness({ timestamp, expiresInSeconds }: Signature, now: number): string | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(timestamp)?.slice(1).map(Number);
  if (!parts) return "without a time";
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts;
  const time = Date.UTC(year, month - 1, day, hour, minute, second);
  if (time > now + allowedSkewMilliseconds) return "not yet current";
  if (expiresInSeconds === undefined) return time < now - allowedSkewMilliseconds ? "expired" : undefined;
  if (!(expiresInSeconds >= 1 && expiresInSeconds <= longestPresignedSeconds)) return "with a wrong X-Amz-Expires";
  return time + expiresInSeconds * 1000 < now ? "expired" : undefined;
}

/** Undefined when the header does not match the hash of the body. */
function hashOfPayload({ headers, body }: WireRequest): string | undefined {
  const actual = createHash("sha256").update(body).digest("hex");
  const declared = headerOf(headers, "x-amz-content-sha256");
  return declared === undefined || declared === actual ? actual : undefined;
}

function canonicalRequest(request: WireRequest, { signedHeaders }: Signature, payloadHash: string): string {
  const headers = signedHeaders.map((name) => `${name}:${canonicalHeader(headerOf(request.headers, name) ?? "")}\n`);
  return [
    request.method,
    canonicalPath(request.path),
    canonicalQuery(request.query),
    headers.join(""),
    signedHeaders.join(";"),
    payloadHash,
  ].join("\n");
}

/** Without empty and relative segments. Encoded once on the wire, and once more here: only S3 differs. */
function canonicalPath(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split("/").map(encode)) {
    if (segment === "..") segments.pop();
    else if (segment !== "" && segment !== ".") segments.push(segment);
  }
  return `/${segments.join("/")}${segments.length > 0 && path.endsWith("/") ? "/" : ""}`;
}

const canonicalHeader = (value: string) => value.trim().replace(/\s+/g, " ");

const canonicalQuery = (query: URLSearchParams) =>
  [...query]
    .filter(([name]) => name !== "X-Amz-Signature")
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .toSorted()
    .join("&");

const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

function sign(secretAccessKey: string, { scope, timestamp }: Signature, canonical: string): string {
  const { date, region, service } = scope;
  const hash = createHash("sha256").update(canonical).digest("hex");
  const text = [algorithm, timestamp, `${date}/${region}/${service}/aws4_request`, hash].join("\n");
  let key: Buffer | string = `AWS4${secretAccessKey}`;
  for (const part of [date, region, service, "aws4_request"]) key = createHmac("sha256", key).update(part).digest();
  return createHmac("sha256", key).update(text).digest("hex");
}

function isEqual(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
