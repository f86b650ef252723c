import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { defineResource } from "#local/cloud/index.ts";
import { z } from "zod";
import type { Deps } from "./deps.ts";
import { fault } from "./faults.ts";
import { findFunction } from "./functions.ts";
import { functionNameOf } from "./names.ts";
import { allowsUrl } from "./permissions.ts";
import type { Operations } from "./reads.ts";
import type { FunctionUrlRecord } from "./store.ts";

const route = "/lambda-url/";
const maxRequestBytes = 6 * 1024 * 1024;

const properties = z.strictObject({
  // differs from AWS: signed requests to a URL are not supported.
  AuthType: z.literal("NONE"),
  TargetFunctionArn: z.string(),
  InvokeMode: z.literal("BUFFERED").optional(),
});

/** https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads: without a status, the whole result is the body. */
const structured = z.looseObject({
  statusCode: z.number().int(),
  headers: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String)).default({}),
  body: z.string().default(""),
  cookies: z.array(z.string()).default([]),
  isBase64Encoded: z.boolean().default(false),
});

interface UrlRequest {
  request: IncomingMessage;
  url: FunctionUrlRecord;
  body: Buffer;
}

/** Function URLs: functions as HTTP endpoints, `/lambda-url/<id>/…` here. */
export function functionUrls(deps: Deps) {
  const { cloud, store } = deps;
  const stateOf = ({ id, functionArn }: FunctionUrlRecord) => ({
    physicalId: functionArn,
    attributes: { FunctionUrl: `${cloud.endpoint}${route}${id}/`, FunctionArn: functionArn },
  });
  const find = (functionArn: string) => store.functionUrls.find((url) => url.functionArn === functionArn);
  const resource = defineResource<z.infer<typeof properties>>({
    type: "AWS::Lambda::Url",
    properties,
    createOnly: ["TargetFunctionArn"],
    create({ TargetFunctionArn: functionArn }) {
      const functionName = functionNameOf(cloud, functionArn);
      const url = find(functionArn) ?? { id: cloud.ids.hex(16), functionName, functionArn };
      return stateOf(store.functionUrls.save(url));
    },
    update: (existing) => existing,
    // The endpoint may have another port than in the last run.
    refresh(existing) {
      const url = find(existing.physicalId);
      return url ? stateOf(url) : existing;
    },
    delete({ physicalId }) {
      const url = find(physicalId);
      if (url) store.functionUrls.delete(url.id);
    },
  });
  const operations = {
    getFunctionUrlConfig({ FunctionName }) {
      const { arn, lastModified } = findFunction(deps, FunctionName);
      const url = find(arn);
      if (!url) throw fault("ResourceNotFoundException", "The resource you requested does not exist.");
      return {
        FunctionUrl: `${cloud.endpoint}${route}${url.id}/`,
        FunctionArn: arn,
        AuthType: "NONE",
        InvokeMode: "BUFFERED",
        CreationTime: lastModified,
        LastModifiedTime: lastModified,
      };
    },
  } satisfies Partial<Operations>;
  return {
    resource,
    operations,
    routes: { [route]: (request: IncomingMessage, response: ServerResponse) => receive(deps, request, response) },
  };
}

async function receive(deps: Deps, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { cloud, store, engine } = deps;
  const id = /^\/lambda-url\/([0-9a-z]+)\//.exec(request.url ?? "")?.[1];
  const url = id === undefined ? undefined : store.functionUrls.get(id);
  const definition = url && store.functions.get(url.functionName);
  if (!url || !definition) return answer(response, 404, { Message: null });
  if (!allowsUrl(store, definition.name)) return answer(response, 403, { Message: forbidden });
  const body = await readBody(request);
  if (!body) return answer(response, 413, { Message: "Request must be smaller than 6291456 bytes" });
  const requestId = cloud.ids.uuid();
  const payload = JSON.stringify(eventOf({ request, url, body }, { requestId, now: cloud.clock.now() }));
  try {
    const result = await engine.invoke(
      definition,
      { requestId, payload, clientContext: undefined },
      { mayWait: false },
    );
    if (result.isError) return answer(response, 502, "Internal Server Error");
    write(response, JSON.parse(result.payload));
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "TooManyRequestsException") throw error;
    answer(response, 429, { Reason: "ReservedFunctionConcurrentInvocationLimitExceeded", message: "Rate Exceeded." });
  }
}

const forbidden =
  "Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html";

/** The payload format 2.0 of API Gateway. */
function eventOf({ request, url, body }: UrlRequest, { requestId, now }: { requestId: string; now: number }) {
  const [path = "/", ...query] = (request.url ?? "/").slice(route.length + url.id.length).split("?");
  const rawQueryString = query.join("?");
  const headers = flatten(request.headers);
  const isText = /^(text\/|application\/(json|javascript|xml)\b)/.test(headers["content-type"] ?? "text/plain");
  const domainName = `${url.id}.lambda-url.local`;
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath: path,
    rawQueryString,
    headers: { ...headers, "x-forwarded-proto": "https" },
    ...(rawQueryString && { queryStringParameters: Object.fromEntries(new URLSearchParams(rawQueryString)) }),
    requestContext: {
      accountId: "anonymous",
      apiId: url.id,
      domainName,
      domainPrefix: url.id,
      http: {
        method: request.method ?? "GET",
        path,
        protocol: "HTTP/1.1",
        sourceIp: request.socket.remoteAddress ?? "",
        userAgent: headers["user-agent"] ?? "",
      },
      requestId,
      routeKey: "$default",
      stage: "$default",
      time: new Date(now).toUTCString(),
      timeEpoch: now,
    },
    ...(body.length > 0 && { body: body.toString(isText ? "utf8" : "base64") }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

/** as AWS: names in lower case, several values joined by commas. */
function flatten(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => {
      if (value === undefined) return [];
      return [[name, Array.isArray(value) ? value.join(",") : value]];
    }),
  );
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= maxRequestBytes) chunks.push(chunk);
  }
  return size > maxRequestBytes ? undefined : Buffer.concat(chunks);
}

function write(response: ServerResponse, result: unknown): void {
  const parsed = structured.safeParse(result);
  if (!parsed.success) return answer(response, 200, result);
  const { statusCode, headers, body, cookies, isBase64Encoded } = parsed.data;
  const type = { "content-type": "application/json" };
  response.writeHead(statusCode, {
    ...type,
    ...lowerCase(headers),
    ...(cookies.length > 0 && { "set-cookie": cookies }),
  });
  response.end(Buffer.from(body, isBase64Encoded ? "base64" : "utf8"));
}

const lowerCase = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(typeof body === "string" ? body : JSON.stringify(body));
}
