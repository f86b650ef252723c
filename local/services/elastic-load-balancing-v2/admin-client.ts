import { closeSync, constants, openSync } from "node:fs";
import { request, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { adminSocket } from "./proxy/admin.ts";
import type { GatewayStatus } from "./proxy/gateway.ts";
import type { ProxyConfig } from "./proxy/config.ts";
import type { Period } from "./proxy/period-log.ts";

/** Client of a proxy's admin socket. Responses are not validated: only this code and the proxy use the socket. */
export interface AdminClient {
  status(): Promise<ProxyStatus>;
  configure(config: ProxyConfig): Promise<ProxyStatus>;
  periodsAfter(cursor: number): Promise<Period[]>;
}

export interface ProxyStatus extends GatewayStatus {
  version: number;
}

const timeout = 10_000;

export function adminClient(directory: string): AdminClient {
  return {
    status: async () => (await send(directory, { method: "GET", path: "/status" })) as ProxyStatus,
    configure: async (config) =>
      (await send(directory, { method: "PUT", path: "/config", body: JSON.stringify(config) })) as ProxyStatus,
    async periodsAfter(cursor) {
      const { periods } = (await send(directory, { method: "GET", path: `/periods?after=${cursor}` })) as {
        periods: Period[];
      };
      return periods;
    },
  };
}

interface AdminRequest {
  method: string;
  path: string;
  body?: string;
}

async function send(directory: string, call: AdminRequest): Promise<unknown> {
  // A socket path is limited to about 100 characters; the path through a descriptor is short for every directory.
  const descriptor = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const response = await sendTo(`/proc/self/fd/${descriptor}/${adminSocket}`, call);
    const body = await text(response);
    if (response.statusCode === 200) return JSON.parse(body);
    throw new Error(`Load balancer proxy returned ${response.statusCode} for ${call.path}: ${body}`);
  } finally {
    closeSync(descriptor);
  }
}

function sendTo(socketPath: string, { method, path, body = "" }: AdminRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, method, path, agent: false, timeout }, resolve);
    const problem = `Load balancer proxy did not respond to ${method} ${path} within ${timeout} ms`;
    outgoing.once("timeout", () => outgoing.destroy(new Error(problem)));
    outgoing.once("error", reject);
    outgoing.end(body);
  });
}
