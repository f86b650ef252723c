import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { freePort, writeFileAtomic } from "#local/kernel/index.ts";
import type { WireServer } from "#local/wire/index.ts";

/** Another process uses the port that running tasks have in their environment. */
export class EndpointTaken extends Error {
  override readonly name = "EndpointTaken";
}

/** Listens on the port of the last run, which running tasks have in their environment; at first on `preferred` or any free port. */
export async function choosePort(
  directory: string,
  preferred: number | undefined,
  listen: (port: number) => Promise<WireServer>,
): Promise<WireServer> {
  const file = path.join(directory, "port");
  const port = existsSync(file) ? Number(readFileSync(file, "utf8")) : await freePort(preferred);
  const server = await listen(port).catch((cause: unknown) => {
    const message = `Port ${port} of 127.0.0.1, which the local cloud of ${directory} uses, is in use by another process. Fix: stop that process; if it is this local cloud, run: lockstep status`;
    throw new EndpointTaken(message, { cause });
  });
  writeFileAtomic(file, String(server.port));
  return server;
}
