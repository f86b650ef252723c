import http from "node:http";
import https from "node:https";
import type { HttpResponse } from "./probing.ts";

const timeoutMilliseconds = 5_000;
const bodyLimit = 64 * 1024;

/** One GET on a new connection: no redirects, and no connection is kept to a target that may be deregistered. */
export function httpGet(url: URL): Promise<HttpResponse> {
  // The certificate is for the app's domain; the request goes to the load balancer's.
  const tls = { rejectUnauthorized: false };
  const options = { agent: false, signal: AbortSignal.timeout(timeoutMilliseconds) } as const;
  return new Promise((resolve, reject) => {
    const receive = (response: http.IncomingMessage) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        body += chunk;
        if (body.length > bodyLimit) response.destroy(new Error(`response is larger than ${bodyLimit} bytes`));
      });
      response.on("error", reject);
      response.on("end", () => resolve(responseOf(response, body)));
    };
    const request =
      url.protocol === "https:" ? https.get(url, { ...options, ...tls }, receive) : http.get(url, options, receive);
    request.on("error", reject);
  });
}

function responseOf({ statusCode = 0, headers }: http.IncomingMessage, body: string): HttpResponse {
  const header = headers["x-release"];
  const release = typeof header === "string" ? header : releaseIn(body);
  const location = statusCode >= 300 && statusCode < 400 ? headers.location : undefined;
  return {
    status: statusCode,
    ...(release !== undefined && { release }),
    ...(location !== undefined && { location: withoutQuery(location) }),
    ...(body !== "" && { body }),
  };
}

/** A login page gets where to return to, and sometimes a token. */
function withoutQuery(location: string): string {
  return location.replace(/[?#].*$/s, "").slice(0, 200);
}

function releaseIn(body: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed !== "object" || parsed === null || !("release" in parsed)) return undefined;
    return typeof parsed.release === "string" ? parsed.release : undefined;
  } catch {
    return undefined; // not JSON, so it does not report a release
  }
}
