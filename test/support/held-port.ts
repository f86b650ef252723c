import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

export interface HeldPort {
  port: number;
  release(): Promise<void>;
}

/**
 * Sees to it that a port of loopback is taken: by us, or by the stranger who has it already, and by us again as soon as
 * the stranger lets go of it.
 */
export async function holdPort(port = 0): Promise<HeldPort> {
  const server = createServer((socket) => socket.destroy());
  const released = new AbortController();
  const listen = () =>
    new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => resolve(true));
    });
  const isOurs = await listen();
  const waiting = isOurs ? Promise.resolve() : retry(listen, released.signal);
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : port,
    async release() {
      released.abort();
      await waiting;
      if (server.listening) await once(server.close(), "close");
    },
  };
}

async function retry(listen: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    if (await listen()) return;
    await pause(20);
  }
}
