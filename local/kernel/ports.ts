import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/**
 * Ports that are kept over a restart are below the ephemeral range of the system (Linux: from 32768, macOS: from 49152),
 * so that the system does not assign one to another process while its owner is not running.
 */
const range = { from: 20_000, to: 32_000 };
const attempts = 50;

/** `preferred` if it is free on 127.0.0.1, else a free port outside the ephemeral range. */
export async function freePort(preferred?: number): Promise<number> {
  if (preferred && (await isFree(preferred))) return preferred;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const port = randomInt(range.from, range.to);
    if (await isFree(port)) return port;
  }
  throw new Error(`No free port on 127.0.0.1 between ${range.from} and ${range.to} after ${attempts} attempts.`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
