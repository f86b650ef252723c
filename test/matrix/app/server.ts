/** An app that writes rows, with the faults that behavior.json describes. Bundled by ../app.ts. */
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Pool } from "pg";
import type { Behavior } from "../app.ts";

const behavior = JSON.parse(readFileSync(new URL("behavior.json", import.meta.url), "utf8")) as Behavior;
if (behavior.crashes) throw new Error("the app crashes at startup");

const pool = new Pool({ max: 5 });
pool.on("error", () => {}); // the next query opens a new connection
if (behavior.startupQuery !== undefined) await pool.query(behavior.startupQuery);
if (behavior.newerTable !== undefined) {
  const { rows } = await pool.query<{ table: string | null }>("select to_regclass($1) as table", [behavior.newerTable]);
  if (rows[0]?.table) throw new Error(`the schema is newer than this release: it has a table ${behavior.newerTable}`);
}
let probes: number[] = [];

/** The pipeline's probe sends several requests per second, unlike the load balancer and the scheduled check. */
function isProbe(host = ""): boolean {
  if (host !== behavior.productionHost) return false;
  const now = Date.now();
  probes = [...probes.filter((at) => now - at < 2000), now];
  return probes.length > 2;
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.setHeader("x-release", process.env.RELEASE ?? "");
  if (request.url === "/health") {
    await pool.query("select 1");
    const isUnhealthy =
      behavior.health === "errors" || (behavior.health === "errors when probed" && isProbe(request.headers.host));
    response.writeHead(isUnhealthy ? 500 : 200).end(isUnhealthy ? "unhealthy" : "healthy");
    return;
  }
  if (behavior.api === "errors") {
    response.writeHead(500).end("broken");
    return;
  }
  if (request.method === "POST") {
    await pool.query("insert into entries (key) values ($1) on conflict do nothing", [
      request.headers["idempotency-key"],
    ]);
    response.writeHead(201).end("written");
    return;
  }
  const key = /^\/entries\/(.+)$/.exec(request.url ?? "")?.[1];
  if (key !== undefined) {
    const { rows } = await pool.query("select from entries where key = $1", [key]);
    response.writeHead(rows.length > 0 ? 200 : 404).end();
    return;
  }
  response.end("a page");
}

const server = createServer((request, response) => {
  request.resume();
  answer(request, response).catch((error: unknown) => {
    console.error(error);
    if (!response.headersSent) response.writeHead(503);
    response.end();
  });
});
server.keepAliveTimeout = 65_000;
setTimeout(() => server.listen(Number(process.env.PORT), process.env.HOST), (behavior.startSeconds ?? 0) * 1000);
process.on("SIGTERM", () => {
  server.close(() => void pool.end().then(() => process.exit(0)));
  server.closeIdleConnections();
});
