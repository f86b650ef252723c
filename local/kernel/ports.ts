import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/**
 * Ports that are remembered over a restart come from below the range from which systems serve outgoing connections and
 * listeners without a port (Linux: 32768, macOS: 49152): nobody is given one by chance while its owner is away.
 */
const range = { from: 20_000, to: 32_000 };
const attempts = 50;

/** `preferred` when it can be had on loopback, else a free one that the system gives to nobody else by itself. */
export async function freePort(preferred?: number): Promise<number> {
  if (preferred && (await isFree(preferred))) return preferred;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const port = randomInt(range.from, range.to);
    if (await isFree(port)) return port;
  }
  throw new Error(`No free port on 127.0.0.1 was found between ${range.from} and ${range.to}`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
