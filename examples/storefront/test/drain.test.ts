import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent, createServer, get, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { after, test } from "node:test";
import { drainable } from "../src/server/drain.ts";

const agent = new Agent({ keepAlive: true });
after(() => agent.destroy());

async function listen(listener: RequestListener): Promise<{ server: Server; port: number }> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return { server, port };
}

async function ask(port: number): Promise<IncomingMessage> {
  const [response] = await once(get({ port, host: "127.0.0.1", agent }), "response");
  return response;
}

test("answers the request under way, closes its connection and takes no new one", { timeout: 5_000 }, async () => {
  const started = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const { server, port } = await listen(async (_request, response) => {
    started.resolve();
    await release.promise;
    response.end("done");
  });
  const drain = drainable(server);
  const answer = ask(port);
  await started.promise;

  const stopped = drain.stop(4_000);
  await assert.rejects(once(connect(port, "127.0.0.1"), "connect"), { code: "ECONNREFUSED" });
  release.resolve();

  const response = await answer;
  assert.equal(response.statusCode, 200);
  assert.equal(response.headers.connection, "close");
  response.resume();
  assert.equal(await stopped, true);
});

test("closes idle connections and those that never carried a request", { timeout: 5_000 }, async () => {
  const { server, port } = await listen((_request, response) => response.end("done"));
  const drain = drainable(server);
  const accepted = once(server, "connection");
  const silent = connect(port, "127.0.0.1");
  await accepted;
  (await ask(port)).resume();

  const closed = once(silent, "close");
  assert.equal(await drain.stop(4_000), true);
  await closed;
});

test("gives up on a request that outlasts the limit, and says so", { timeout: 5_000 }, async () => {
  const started = Promise.withResolvers<void>();
  const { server, port } = await listen(() => started.resolve());
  const drain = drainable(server);
  const answer = assert.rejects(ask(port), { code: "ECONNRESET" });
  await started.promise;
  assert.equal(await drain.stop(50), false);
  await answer;
});
