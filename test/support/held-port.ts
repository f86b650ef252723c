import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

export interface HeldPort {
  port: number;
  release(): Promise<void>;
}

/** Keeps a loopback port in use: binds it, or retries until the process that uses it has released it. */
export async function holdPort(port = 0): Promise<HeldPort> {
  const released = new AbortController();
  const first = await listen(port);
  const holding = first ? Promise.resolve(first) : retry(port, released.signal);
  const address = first?.address();
  return {
    port: typeof address === "object" && address ? address.port : port,
    async release() {
      released.abort();
      const server = await holding;
      if (server) await once(server.close(), "close");
    },
  };
}

/** Undefined if another process uses the port. */
function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", () => resolve(undefined));
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}

async function retry(port: number, signal: AbortSignal): Promise<Server | undefined> {
  while (!signal.aborted) {
    const server = await listen(port);
    if (server) return server;
    await pause(20);
  }
  return undefined;
}
