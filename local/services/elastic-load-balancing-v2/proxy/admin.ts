import { rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { proxyConfig } from "./config.ts";
import type { Gateway } from "./gateway.ts";
import type { StateFiles } from "./state-files.ts";

/** Socket in the proxy's directory, which only its owner can access. */
export const adminSocket = "admin.sock";

/** Incremented when a proxy that runs older code has to be replaced to understand the control plane. */
export const adminVersion = 2;

interface AdminDeps {
  gateway: Gateway;
  files: StateFiles;
}

/** Interface for the control plane: `PUT /config`, `GET /status`, `GET /periods?after=CURSOR`. Listens in the current directory. */
export function openAdmin(deps: AdminDeps): Promise<void> {
  rmSync(adminSocket, { force: true });
  const server = createServer((request, response) => {
    respond(deps, request).then(
      (body) => send(response, 200, body),
      (error: unknown) => send(response, 400, { message: String(error) }),
    );
  });
  // A relative path: the absolute one may be too long for a socket.
  return new Promise((resolve) => server.listen(adminSocket, resolve));
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

async function respond({ gateway, files }: AdminDeps, request: IncomingMessage): Promise<unknown> {
  const url = new URL(request.url ?? "/", "http://proxy");
  const route = `${request.method} ${url.pathname}`;
  if (route === "GET /status") return { version: adminVersion, ...(await gateway.status()) };
  if (route === "GET /periods") return { periods: gateway.periodsAfter(Number(url.searchParams.get("after") ?? 0)) };
  if (route !== "PUT /config") throw new Error(`Unknown route ${route}`);
  const config = proxyConfig.parse(JSON.parse(await text(request)));
  await files.writeConfig(config);
  await gateway.apply(config);
  return { version: adminVersion, ...(await gateway.status()) };
}
