import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";
import express from "express";
import { health } from "../src/server/health.ts";

const servers: Server[] = [];
after(() => servers.forEach((server) => server.close()));

async function ask(checkDatabase: () => Promise<void>): Promise<Response> {
  const server = createServer(express().get("/health", health("4f2c1ab", checkDatabase))).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return fetch(`http://127.0.0.1:${port}/health`, { headers: { Connection: "close" } });
}

test("tells the release when the database answers", async () => {
  const response = await ask(async () => undefined);
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), { status: "ok", release: "4f2c1ab" });
});

test("is unavailable, and says why, when the database does not answer", async () => {
  // What Node throws when every address of a host refuses: no words but a code.
  const response = await ask(() => Promise.reject(Object.assign(new AggregateError([], ""), { code: "ECONNREFUSED" })));
  assert.equal(response.status, 503);
  assert.deepEqual(await response.json(), {
    status: "unavailable",
    release: "4f2c1ab",
    reason: "database: ECONNREFUSED",
  });
});
