import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { once } from "node:events";
import { json } from "node:stream/consumers";
import type { AddressInfo } from "node:net";
import * as z from "zod";
import { UsageError } from "../../cli/errors.ts";
import { StageFrozen } from "../../cli/stage/freeze.ts";
import { Changes } from "./changes.ts";
import { RequestRefused } from "./errors.ts";
import { checkOrigin, checkSession, cookieName } from "./guard.ts";
import { Page } from "./page.ts";
import { isAccessDenied } from "./queries/permissions.ts";
import { sendJson, setSecurityHeaders } from "./respond.ts";
import { answer } from "./routes.ts";
import { Sessions } from "./session.ts";
import type { Stages } from "./stages.ts";

export { Stages } from "./stages.ts";

const maxBodyBytes = 64 * 1024;

interface ConsoleStart {
  stages: Stages;
  /** With the bundled page. */
  directory: string;
  /** 0 for a free one. */
  port: number;
}

export interface Console {
  /** Opens a session once, within 15 minutes. */
  openingUrl(path?: string): string;
  close(): Promise<void>;
}

/** Serves the console on loopback. */
export async function startConsole({ stages, directory, port }: ConsoleStart): Promise<Console> {
  const sessions = new Sessions();
  const changes = new Changes(stages);
  const page = await Page.load(directory);
  const server = createServer((request, response) => {
    handle({ request, response, port: boundPort() }, { stages, sessions, changes, page }).catch((error: unknown) =>
      sendError(response, error),
    );
  });
  const boundPort = () => portOf(server.address());
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    openingUrl: (path = "/") => `http://127.0.0.1:${boundPort()}${path}#token=${sessions.issueToken()}`,
    async close() {
      changes.close();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

const portOf = (address: AddressInfo | string | null) =>
  address !== null && typeof address === "object" ? address.port : 0;

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  port: number;
}

interface Services {
  stages: Stages;
  sessions: Sessions;
  changes: Changes;
  page: Page;
}

async function handle({ request, response, port }: Exchange, services: Services): Promise<void> {
  setSecurityHeaders(response);
  checkOrigin(request, port);
  const url = new URL(request.url ?? "/", `http://127.0.0.1:${port}`);
  const { method } = request;
  if (method !== "GET" && method !== "POST") throw new RequestRefused(405, `${method} is not supported.`);
  if (method === "POST" && url.pathname === "/session") return openSession(request, response, services.sessions);
  if (!url.pathname.startsWith("/api/")) {
    if (method === "POST") throw new RequestRefused(405, `${url.pathname} cannot be changed.`);
    return services.page.send(url.pathname, response);
  }
  checkSession(request, services.sessions);
  if (method === "GET" && url.pathname === "/api/changes") return services.changes.listen(response);
  const body = method === "POST" ? await readBody(request) : undefined;
  sendJson(response, 200, await answer(services.stages, { method, url, body }));
  if (method === "POST") services.changes.wake();
}

/** Exchanges the token of the address for a cookie and a key. */
async function openSession(request: IncomingMessage, response: ServerResponse, sessions: Sessions): Promise<void> {
  const { token } = z.object({ token: z.string() }).parse(await readBody(request));
  const secrets = sessions.exchange(token);
  if (!secrets)
    throw new RequestRefused(401, "The address was used already, or is older than 15 minutes. Run: lockstep console");
  response.setHeader("set-cookie", `${cookieName}=${secrets.cookie}; HttpOnly; SameSite=Strict; Path=/`);
  sendJson(response, 200, { key: secrets.key });
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  if (request.headers["content-type"] !== "application/json")
    throw new RequestRefused(415, "The body of a request is JSON.");
  if (Number(request.headers["content-length"] ?? Number.POSITIVE_INFINITY) > maxBodyBytes)
    throw new RequestRefused(413, "The request is too large.");
  return json(request).catch((cause: unknown) => {
    throw new RequestRefused(400, `The body is not JSON: ${String(cause)}`);
  });
}

function sendError(response: ServerResponse, error: unknown): void {
  if (response.headersSent) return void response.end();
  const message = error instanceof Error ? error.message : String(error);
  sendJson(response, statusOf(error), { error: error instanceof Error ? error.name : "Error", message });
}

function statusOf(error: unknown): number {
  if (error instanceof RequestRefused) return error.status;
  if (error instanceof UsageError || error instanceof StageFrozen) return 409;
  return isAccessDenied(error) ? 403 : 502;
}
