import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import type { z } from "zod";
import type { Deps } from "../deps.ts";
import type { RepositoryRecord } from "../store.ts";

/** A request about a repository. */
export interface ApiRequest {
  repository: RepositoryRecord;
  /** The variable segments of the path, decoded. */
  segments: readonly string[];
  query: URLSearchParams;
  body: unknown;
}

export interface Reply {
  status: number;
  body?: unknown;
}

type Answer = (request: ApiRequest) => Reply | Promise<Reply>;

export interface Endpoint {
  method: string;
  path: RegExp;
  permission: string;
  answer: Answer;
}

/**
 * `operation` as GitHub's documentation writes it, after `/repos/{owner}/{repo}`; `{path+}` may hold slashes.
 * `permission` is what a fine-grained token needs, which GitHub reports in `X-Accepted-GitHub-Permissions`.
 */
export function endpoint(
  operation: `${"GET" | "POST" | "PATCH" | "DELETE"} ${string}`,
  permission: string,
  answer: Answer,
): Endpoint {
  const [method = "", path = ""] = operation.split(" ");
  const pattern = path
    .replaceAll(".", String.raw`\.`)
    .replaceAll(/\{\w+\}/g, "([^/]+?)")
    .replaceAll(/\{\w+\+\}/g, "(.+)");
  return { method, path: new RegExp(`^${pattern}$`), permission, answer };
}

export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export const notFound = () => new ApiError(404, "Not Found");

/** Bodies are checked as GitHub does; a field that the stand-in does not know is refused, so that nothing is ignored silently. */
export function parseBody<Shape extends z.ZodType>(schema: Shape, body: unknown): z.output<Shape> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new ApiError(422, `Validation Failed: ${problems.join("; ")}`);
}

const maxBodyBytes = 1024 * 1024;

/** The REST API under `/github-api/`: https://docs.github.com/en/rest. Anything unknown is refused with 501. */
export function createApiRoute(
  deps: Deps,
  endpoints: readonly Endpoint[],
  createRepository: (full: string, body: unknown) => Promise<Reply>,
) {
  const answer = async (
    request: IncomingMessage,
    { pathname, searchParams: query }: URL,
  ): Promise<Reply & { permission?: string }> => {
    const principal = deps.cloud.redeemToken(tokenOf(request));
    if (principal?.kind !== "root") throw new ApiError(401, "Bad credentials");
    const body = await readBody(request);
    const creation = /^\/orgs\/([\w.-]+)\/repos$/.exec(pathname);
    if (creation && request.method === "POST") return createRepository(creation[1] ?? "", body);
    const [, fullName, rest] = /^\/repos\/([\w.-]+\/[\w.-]+)(\/.*)?$/.exec(pathname) ?? [];
    const matching = endpoints.flatMap((endpoint) => {
      const match = endpoint.method === request.method ? endpoint.path.exec(rest ?? "") : null;
      return match ? [{ endpoint, segments: match.slice(1).map((segment) => decodeURIComponent(segment)) }] : [];
    });
    const [matched] = matching;
    if (fullName === undefined || !matched)
      throw new ApiError(501, `The stand-in of GitHub does not support ${request.method} ${pathname}`);
    const repository = deps.store.repositories.get(fullName.toLowerCase());
    if (!repository) throw notFound();
    const { endpoint, segments } = matched;
    return { ...(await endpoint.answer({ repository, segments, query, body })), permission: endpoint.permission };
  };
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL((request.url ?? "/").replace(/^\/github-api/, ""), deps.cloud.endpoint);
    const reply = await answer(request, url).catch((error: unknown): Reply & { permission?: string } => {
      if (!(error instanceof ApiError)) throw error;
      const documentation = "https://docs.github.com/rest";
      const body = { message: error.message, documentation_url: documentation, status: String(error.status) };
      return { status: error.status, body };
    });
    response.writeHead(reply.status, {
      "content-type": "application/json; charset=utf-8",
      "x-github-media-type": "github.v3; format=json",
      ...(reply.permission !== undefined && { "x-accepted-github-permissions": reply.permission }),
    });
    response.end(reply.body === undefined ? undefined : JSON.stringify(reply.body));
  };
}

const tokenOf = ({ headers }: IncomingMessage) =>
  /^(?:bearer|token) (.+)$/i.exec(headers.authorization ?? "")?.[1] ?? "";

async function readBody(request: IncomingMessage): Promise<unknown> {
  const body = await text(request);
  if (body.length > maxBodyBytes) throw new ApiError(413, "Payload too large");
  if (body === "") return undefined;
  try {
    return JSON.parse(body);
  } catch {
    throw new ApiError(400, "Problems parsing JSON");
  }
}
