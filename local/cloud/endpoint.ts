import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { freePort, writeFileAtomic } from "#local/kernel/index.ts";
import type { WireServer } from "#local/wire/index.ts";

interface Endpoint {
  server: WireServer;
  /** The port of the last run, if another process uses it now. */
  takenPort: number | undefined;
}

/** Listens on the port of the last run, which running tasks and git remotes contain, or else on `preferred`; if it is in use, on a free one. */
export async function openEndpoint(
  directory: string,
  preferred: number | undefined,
  listen: (port: number) => Promise<WireServer>,
): Promise<Endpoint> {
  const file = path.join(directory, "port");
  const last = existsSync(file) ? Number(readFileSync(file, "utf8")) : undefined;
  const server = await listen(await freePort(last ?? preferred));
  writeFileAtomic(file, String(server.port));
  return { server, takenPort: last === server.port ? undefined : last };
}
