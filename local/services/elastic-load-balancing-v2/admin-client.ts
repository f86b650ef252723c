import { closeSync, constants, openSync } from "node:fs";
import { request, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { adminSocket } from "./proxy/admin.ts";
import type { GatewayStatus } from "./proxy/gateway.ts";
import type { ProxyConfig } from "./proxy/config.ts";
import type { Period } from "./proxy/period-log.ts";

/** A proxy as its admin socket shows it; only this code and the proxy's own speak over it, so answers are trusted. */
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
    status: async () => (await ask(directory, { method: "GET", path: "/status" })) as ProxyStatus,
    configure: async (config) =>
      (await ask(directory, { method: "PUT", path: "/config", body: JSON.stringify(config) })) as ProxyStatus,
    async periodsAfter(cursor) {
      const { periods } = (await ask(directory, { method: "GET", path: `/periods?after=${cursor}` })) as {
        periods: Period[];
      };
      return periods;
    },
  };
}

interface Question {
  method: string;
  path: string;
  body?: string;
}

async function ask(directory: string, question: Question): Promise<unknown> {
  // The name of a socket has room for about 100 characters, a directory may be deeper: its descriptor is a short way to it.
  const descriptor = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const response = await send(`/proc/self/fd/${descriptor}/${adminSocket}`, question);
    const answer = await text(response);
    if (response.statusCode === 200) return JSON.parse(answer);
    throw new Error(`The load balancer answered ${response.statusCode} to ${question.path}: ${answer}`);
  } finally {
    closeSync(descriptor);
  }
}

function send(socketPath: string, { method, path, body = "" }: Question): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, method, path, agent: false, timeout }, resolve);
    asked.once("timeout", () => asked.destroy(new Error(`The load balancer did not answer ${method} ${path}`)));
    asked.once("error", reject);
    asked.end(body);
  });
}
