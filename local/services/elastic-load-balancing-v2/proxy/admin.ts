import { rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { proxyConfig } from "./config.ts";
import type { Gateway } from "./gateway.ts";
import type { StateFiles } from "./state-files.ts";

/** Name of the socket in the proxy's directory, whose mode lets only its owner in. */
export const adminSocket = "admin.sock";

/** Raised when a proxy that runs older code must be replaced to understand the control plane. */
export const adminVersion = 1;

interface AdminParts {
  gateway: Gateway;
  files: StateFiles;
}

/** The control plane's door: `PUT /config`, `GET /status`, `GET /periods?after=CURSOR`. Listens in the current directory. */
export function openAdmin(parts: AdminParts): Promise<void> {
  rmSync(adminSocket, { force: true });
  const server = createServer((request, response) => {
    answer(parts, request).then(
      (body) => send(response, 200, body),
      (error: unknown) => send(response, 400, { message: String(error) }),
    );
  });
  // A relative path: the directory may lie too deep for the name of a socket.
  return new Promise((resolve) => server.listen(adminSocket, resolve));
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

async function answer({ gateway, files }: AdminParts, request: IncomingMessage): Promise<unknown> {
  const url = new URL(request.url ?? "/", "http://proxy");
  const asked = `${request.method} ${url.pathname}`;
  if (asked === "GET /status") return { version: adminVersion, ...(await gateway.status()) };
  if (asked === "GET /periods") return { periods: gateway.periodsAfter(Number(url.searchParams.get("after") ?? 0)) };
  if (asked !== "PUT /config") throw new Error(`There is no ${asked}`);
  const config = proxyConfig.parse(JSON.parse(await text(request)));
  await files.writeConfig(config);
  await gateway.apply(config);
  return { version: adminVersion, ...(await gateway.status()) };
}
