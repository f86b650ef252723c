import { createHash, randomBytes, randomUUID } from "node:crypto";
import { Agent, request, type IncomingMessage, type RequestListener } from "node:http";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import {
  forwardTo,
  isHealthy,
  startGateway,
  startTarget,
  type GatewaySettings,
  type TestTarget,
} from "#test/support/gateway.ts";

const hash = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** Responds with its version and a hash of the body; `/events` responds slowly. */
const app =
  (version: string, received: Map<string, number>): RequestListener =>
  async (incoming, response) => {
    response.setHeader("x-version", version);
    if (incoming.url === "/events") {
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (let number = 0; number < 8; number += 1) {
        response.write(`data: ${number}\n\n`);
        await sleep(10);
      }
      response.end();
      return;
    }
    const body = await buffer(incoming);
    const key = incoming.headers["idempotency-key"];
    if (typeof key === "string") received.set(key, (received.get(key) ?? 0) + 1);
    response.end(hash(body));
  };

interface TestRequest {
  method: string;
  path: string;
  body?: Buffer;
  isChunked?: boolean;
  key?: string;
}

function send(port: number, agent: Agent, { method, path, body, isChunked, key }: TestRequest) {
  return new Promise<{ status: number; version: string; body: Buffer }>((resolve, reject) => {
    const headers = {
      ...(key === undefined ? {} : { "idempotency-key": key }),
      ...(body && !isChunked ? { "content-length": body.length } : {}),
    };
    const outgoing = request({ port, agent, method, path, headers }, (response: IncomingMessage) => {
      const { statusCode = 0, headers: got } = response;
      buffer(response).then(
        (bytes) => resolve({ status: statusCode, version: String(got["x-version"]), body: bytes }),
        reject,
      );
    });
    outgoing.once("error", reject);
    for (const piece of pieces(body)) outgoing.write(piece);
    outgoing.end();
  });
}

function* pieces(body: Buffer = Buffer.alloc(0)): Generator<Buffer> {
  for (let at = 0; at < body.length; at += 5000) yield body.subarray(at, at + 5000);
}

const kinds = ["get", "post", "chunked", "events", "new connection"] as const;

interface Load {
  port: number;
  agent: Agent;
  /** Idempotency keys of the writes that were sent. */
  keys: Set<string>;
}

/** One request of a kind; returns the problem, or undefined. */
async function attempt({ port, agent, keys }: Load, turn: number): Promise<string | undefined> {
  const kind = kinds[turn % kinds.length] ?? "get";
  const body = randomBytes(1 + (turn % 40) * 1000);
  const key = randomUUID();
  if (kind === "post" || kind === "chunked") keys.add(key);
  const sent: Record<(typeof kinds)[number], TestRequest> = {
    get: { method: "GET", path: "/" },
    post: { method: "POST", path: "/", body, key },
    chunked: { method: "POST", path: "/", body, key, isChunked: true },
    events: { method: "GET", path: "/events" },
    "new connection": { method: "GET", path: "/" },
  };
  const used = kind === "new connection" ? new Agent() : agent;
  try {
    const response = await send(port, used, sent[kind]);
    if (response.status !== 200) return `${kind}: ${response.status}`;
    const content = response.body.toString();
    if (kind === "events")
      return content.split("\n\n").length === 9 ? undefined : `${kind}: ${JSON.stringify(content)}`;
    const expected = hash(sent[kind].body ?? Buffer.alloc(0));
    return content === expected ? undefined : `${kind}: received a different body`;
  } catch (error) {
    return `${kind}: ${String(error)}`;
  }
}

test("no request fails during 20 changes of targets under load, each drained and stopped", {
  timeout: 120_000,
}, async () => {
  const received = new Map<string, number>();
  let current: TestTarget = await startTarget(app("0", received));
  let registered = [{ id: "0", port: current.port }];
  let draining: GatewaySettings["groups"][string]["targets"] = [];
  const groups = { blue: "0", green: "" };
  let live: "blue" | "green" = "blue";
  const settings = (weights: Record<string, number>): GatewaySettings => ({
    groups: Object.fromEntries(
      (["blue", "green"] as const).map((name) => [
        name,
        {
          drain: { shown: 50, limit: 20_000 },
          targets: [
            ...registered.filter(({ id }) => id === groups[name]),
            ...draining.filter(({ id }) => id === groups[name]),
          ],
        },
      ]),
    ),
    action: forwardTo(weights),
  });
  const balancer = await startGateway(settings({ blue: 100, green: 0 }));
  await isHealthy(balancer, "0");

  const over = new AbortController();
  let requests = 0;
  const failures: string[] = [];
  const keys = new Set<string>();
  const agent = new Agent({ keepAlive: true, maxSockets: 50 });
  const workers = Array.from({ length: 50 }, async (_unused, worker) => {
    for (let turn = worker; !over.signal.aborted; turn += 1) {
      const problem = await attempt({ port: balancer.port, agent, keys }, turn);
      requests += 1;
      if (problem !== undefined) failures.push(problem);
    }
  });

  for (let change = 1; change <= 20; change += 1) {
    const idle: "blue" | "green" = live === "blue" ? "green" : "blue";
    const id = String(change);
    const next = await startTarget(app(id, received));
    groups[idle] = id;
    registered = [...registered, { id, port: next.port }];
    await balancer.apply(settings({ [live]: 100, [idle]: 0 }));
    await isHealthy(balancer, id);
    for (const weight of [10, 50, 100]) await balancer.apply(settings({ [live]: 100 - weight, [idle]: weight }));
    draining = registered.filter((each) => each.id !== id).map((each) => ({ ...each, drainingSince: Date.now() }));
    registered = registered.filter((each) => each.id === id);
    await balancer.apply(settings({ [live]: 0, [idle]: 100 }));
    const [old] = draining;
    await vi.waitFor(async () => expect((await balancer.target(old?.id ?? ""))?.isDrained).toBe(true), {
      timeout: 20_000,
    });
    current.close();
    draining = [];
    groups[live] = "";
    await balancer.apply(settings({ [live]: 0, [idle]: 100 }));
    current = next;
    live = idle;
  }
  over.abort();
  await Promise.all(workers);
  agent.destroy();
  current.close();

  expect(failures).toEqual([]);
  expect(requests).toBeGreaterThan(1000);
  // Every write was received exactly once.
  expect([...keys].filter((key) => received.get(key) !== 1)).toEqual([]);
});

test("weights are exact, request by request", async () => {
  const blue = await startTarget((_incoming, response) => response.end("blue"));
  const green = await startTarget((_incoming, response) => response.end("green"));
  const balancer = await startGateway({
    groups: {
      blue: { targets: [{ id: "b", port: blue.port }] },
      green: { targets: [{ id: "g", port: green.port }] },
    },
    action: forwardTo({ blue: 90, green: 10 }),
  });
  for (const id of ["b", "g"]) await isHealthy(balancer, id);
  const responses: string[] = [];
  for (let turn = 0; turn < 200; turn += 1) responses.push(await (await fetch(balancer.origin)).text());
  expect(responses.filter((each) => each === "green")).toHaveLength(20);
});
