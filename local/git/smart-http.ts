import type { IncomingMessage, ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import { gitEnvironment, startBackend } from "./git.ts";

export interface GitRequest {
  /** Path of the repository, e.g. `/v1/repos/shop`. */
  repository: string;
  /** `/info/refs`, `/git-upload-pack` or `/git-receive-pack` */
  resource: string;
  query: string;
  writes: boolean;
}

const longestHeaderBytes = 64 * 1024;

/** A request of git's smart HTTP protocol (https://git-scm.com/docs/http-protocol); undefined for any other. */
export function readGitRequest({ method, url = "" }: IncomingMessage): GitRequest | undefined {
  const [path = "", query = ""] = url.split("?");
  const match = /^(\/[\w./-]+?)(\/info\/refs|\/git-upload-pack|\/git-receive-pack)$/.exec(path);
  const [, repository, resource] = match ?? [];
  if (!repository || !resource) return undefined;
  const service = /^service=(git-upload-pack|git-receive-pack)$/.exec(query)?.[1];
  if (resource === "/info/refs" ? method !== "GET" || !service : method !== "POST") return undefined;
  const writes = resource === "/git-receive-pack" || service === "git-receive-pack";
  return { repository, resource, query, writes };
}

/** The password of a request with basic authentication. */
export function readPassword({ headers }: IncomingMessage): string | undefined {
  const [scheme, encoded] = (headers.authorization ?? "").split(" ");
  if (scheme?.toLowerCase() !== "basic" || !encoded) return undefined;
  const [, ...password] = Buffer.from(encoded, "base64").toString("utf8").split(":");
  return password.join(":");
}

export interface Refusal {
  status: number;
  message: string;
  /** Of a 401. */
  realm: string;
}

export function refuseGit(response: ServerResponse, { status, message, realm }: Refusal): void {
  const challenge = status === 401 && { "www-authenticate": `Basic realm="${realm}"` };
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8", connection: "close", ...challenge });
  response.end(`${message}\n`);
}

/** Streams the request to the CGI program and its output to the response, which is left open. */
export async function serveBackend(
  { request, response }: { request: IncomingMessage; response: ServerResponse },
  directory: string,
  gitRequest: GitRequest,
): Promise<void> {
  const exclusive = gitRequest.resource === "/git-receive-pack";
  const env = {
    ...gitEnvironment(directory),
    GIT_PROJECT_ROOT: directory,
    GIT_HTTP_EXPORT_ALL: "1",
    PATH_INFO: gitRequest.resource,
    QUERY_STRING: gitRequest.query,
    REQUEST_METHOD: request.method ?? "GET",
    REMOTE_USER: "lockstep",
    REMOTE_ADDR: "127.0.0.1",
    CONTENT_TYPE: request.headers["content-type"] ?? "",
    CONTENT_LENGTH: request.headers["content-length"],
    HTTP_CONTENT_ENCODING: request.headers["content-encoding"],
    GIT_PROTOCOL: header(request, "git-protocol"),
  };
  const child = startBackend(directory, { env, exclusive });
  const errors: Buffer[] = [];
  child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
  const closed = new Promise<number | null>((resolve, reject) => child.once("error", reject).once("close", resolve));
  child.stdin.on("error", () => undefined); // git may reject a body without reading it
  request.pipe(child.stdin);
  request.once("close", () => child.stdin.end()); // an incomplete push fails
  if (!exclusive) response.once("close", () => child.kill());
  await forward(child.stdout, response);
  const code = await closed;
  if (response.headersSent) return;
  const reason = Buffer.concat(errors).toString("utf8").trim() || `exit status ${code}`;
  response.writeHead(500, { "content-type": "text/plain; charset=utf-8" });
  response.write(`git failed for repository ${gitRequest.repository}: ${reason}\n`);
}

async function forward(output: Readable, response: ServerResponse): Promise<void> {
  let head: Buffer = Buffer.alloc(0);
  for await (const chunk of output as AsyncIterable<Buffer>) {
    if (!response.headersSent) {
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf("\r\n\r\n");
      if (end < 0 && head.length > longestHeaderBytes) return;
      if (end < 0) continue;
      writeHead(response, head.toString("latin1", 0, end));
      await write(response, head.subarray(end + 4));
    } else await write(response, chunk);
  }
}

/** Output for a disconnected client is dropped, so that git does not wait for it. */
function write(response: ServerResponse, chunk: Buffer): Promise<void> | undefined {
  if (response.destroyed || chunk.length === 0 || response.write(chunk)) return undefined;
  return new Promise((resolve) => {
    response.once("drain", resolve).once("close", resolve);
  });
}

function writeHead(response: ServerResponse, head: string): void {
  let status = 200;
  const headers: [string, string][] = [];
  for (const line of head.split("\r\n")) {
    const [name = "", ...value] = line.split(":");
    if (name.toLowerCase() === "status") status = Number.parseInt(value.join(":"), 10);
    else headers.push([name, value.join(":").trim()]);
  }
  response.writeHead(status, headers.flat());
}

const header = ({ headers }: IncomingMessage, name: string) => {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
};
