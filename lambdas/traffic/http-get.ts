import http from "node:http";
import https from "node:https";
import type { Answer } from "./probing.ts";

const timeoutMilliseconds = 5_000;
const bodyLimit = 64 * 1024;

/** One GET on a connection of its own: no redirect is followed, no connection is kept to a target that may be gone. */
export function httpGet(url: URL): Promise<Answer> {
  // The certificate is for the app's name; here the load balancer is asked under its own.
  const tls = { rejectUnauthorized: false };
  const options = { agent: false, signal: AbortSignal.timeout(timeoutMilliseconds) } as const;
  return new Promise((resolve, reject) => {
    const answered = (response: http.IncomingMessage) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        body += chunk;
        if (body.length > bodyLimit) response.destroy(new Error(`answered more than ${bodyLimit} bytes`));
      });
      response.on("error", reject);
      response.on("end", () => resolve(answerOf(response, body)));
    };
    const request =
      url.protocol === "https:" ? https.get(url, { ...options, ...tls }, answered) : http.get(url, options, answered);
    request.on("error", reject);
  });
}

function answerOf({ statusCode = 0, headers }: http.IncomingMessage, body: string): Answer {
  const header = headers["x-release"];
  const release = typeof header === "string" ? header : releaseIn(body);
  return { status: statusCode, ...(release !== undefined && { release }) };
}

function releaseIn(body: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed !== "object" || parsed === null || !("release" in parsed)) return undefined;
    return typeof parsed.release === "string" ? parsed.release : undefined;
  } catch {
    return undefined; // not JSON: the app tells no release in its body
  }
}
