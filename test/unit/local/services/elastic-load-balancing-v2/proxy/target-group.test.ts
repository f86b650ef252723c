import { once } from "node:events";
import { createHash } from "node:crypto";
import type { Socket } from "node:net";
import { describe, expect, test, vi } from "vitest";
import {
  forwardTo,
  isHealthy,
  startGateway,
  startTarget,
  type GatewaySettings,
  type TestTarget,
} from "#test/support/gateway.ts";
import { connected, sendRaw } from "#test/support/raw-http.ts";

interface DrainSettings {
  drain: { shown: number; limit: number };
}

async function balance(target: TestTarget, { drain }: DrainSettings) {
  const settings = (drainingSince?: number): GatewaySettings => ({
    groups: {
      blue: { drain, targets: [{ id: "one", port: target.port, ...(drainingSince ? { drainingSince } : {}) }] },
    },
    action: forwardTo({ blue: 1 }),
  });
  const balancer = await startGateway(settings());
  await isHealthy(balancer, "one");
  return { ...balancer, deregister: () => balancer.apply(settings(Date.now())) };
}

/** A target that upgrades to a WebSocket and sends back every byte. */
async function webSocketTarget(): Promise<TestTarget> {
  const target = await startTarget((_incoming, response) => response.end("plain"));
  target.server.on("upgrade", (incoming, socket: Socket, head) => {
    const key = `${incoming.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = createHash("sha1").update(key).digest("base64");
    socket.on("error", () => undefined);
    if (incoming.url === "/refused") return socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    if (head.length > 0) socket.write(head);
    return socket.pipe(socket);
  });
  return target;
}

const upgrade = (path: string) =>
  `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`;

async function openWebSocket(port: number) {
  const socket = await connected(port);
  const received: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => received.push(chunk));
  socket.on("error", () => undefined);
  socket.write(upgrade("/"));
  await vi.waitFor(() => expect(Buffer.concat(received).toString("latin1")).toContain("\r\n\r\n"));
  const head = Buffer.concat(received.splice(0)).toString("latin1");
  return { socket, head, all: () => Buffer.concat(received) };
}

const longDrain = { drain: { shown: 0, limit: 10_000 } };

describe("a WebSocket", () => {
  test("is forwarded byte by byte", async () => {
    const { port } = await balance(await webSocketTarget(), longDrain);
    const { socket, head, all } = await openWebSocket(port);
    expect(head).toMatch(/^HTTP\/1.1 101 /);
    expect(head).toContain("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    const sent = Buffer.alloc(3_000_000, "frame");
    socket.write(sent);
    await vi.waitFor(() => expect(all().length).toBe(sent.length), { timeout: 10_000 });
    expect(all().equals(sent)).toBe(true);
    socket.destroy();
  });

  test("that the target refuses gets the response of the target", async () => {
    const { port } = await balance(await webSocketTarget(), longDrain);
    const response = await sendRaw(port, upgrade("/refused"));
    expect(response).toMatch(/^HTTP\/1.1 403 /);
    expect(response).toMatch(/\r\n\r\nno$/);
  });

  test("with two hosts never reaches the target", async () => {
    const target = await webSocketTarget();
    const onUpgrade = vi.fn<() => void>();
    target.server.on("upgrade", onUpgrade);
    const { port } = await balance(target, longDrain);
    const response = await sendRaw(port, upgrade("/").replace("Host: a", "Host: a\r\nHost: b"));
    expect(response).toMatch(/^HTTP\/1.1 400 /);
    expect(onUpgrade).not.toHaveBeenCalled();
  });

  test("to a stopped target gets a 502", async () => {
    const target = await webSocketTarget();
    const { port } = await balance(target, longDrain);
    target.close();
    expect(await sendRaw(port, upgrade("/"))).toMatch(/^HTTP\/1.1 502 /);
  });

  test("gets a close frame 1001 between two frames when the deregistration delay expires, then is closed", async () => {
    const { port, deregister, gateway } = await balance(await webSocketTarget(), { drain: { shown: 0, limit: 300 } });
    const { socket, all } = await openWebSocket(port);
    // An unmasked text frame of five bytes; only the first three of it yet.
    const frame = Buffer.concat([Buffer.from([0x81, 5]), Buffer.from("hello")]);
    socket.write(frame.subarray(0, 3));
    await vi.waitFor(() => expect(all().length).toBe(3));
    await deregister();
    await vi.waitFor(() => expect(gateway.periodsAfter(0).some(hasCut)).toBe(true), { timeout: 3000 });
    socket.write(frame.subarray(3));
    await once(socket, "close");
    expect(all().equals(Buffer.concat([frame, Buffer.from([0x88, 0x02, 0x03, 0xe9])]))).toBe(true);
  });
});

const hasCut = ({ measured }: { measured: { counts?: { CutCount: number } | undefined }[] }) =>
  measured.some(({ counts }) => (counts?.CutCount ?? 0) > 0);

describe("a request in flight", () => {
  test("completes on its draining target, and no new one begins there", async () => {
    let finish: (() => void) | undefined;
    const target = await startTarget((_incoming, response) => {
      finish = () => response.end("slow");
    });
    const { origin, deregister, target: status } = await balance(target, longDrain);
    const slow = fetch(origin).then((response) => response.text());
    await vi.waitFor(() => expect(finish).toBeDefined());
    await deregister();
    expect(await status("one")).toMatchObject({ status: "draining", inFlight: 1, isDrained: false });
    expect((await fetch(origin)).status).toBe(503);
    finish?.();
    expect(await slow).toBe("slow");
    await vi.waitFor(async () => expect(await status("one")).toMatchObject({ inFlight: 0, isDrained: true }));
  });

  test("is aborted when the deregistration delay expires, and counted", async () => {
    const target = await startTarget(() => undefined);
    const { origin, deregister, gateway } = await balance(target, { drain: { shown: 0, limit: 200 } });
    const slow = fetch(origin);
    slow.catch(() => undefined);
    await vi.waitFor(async () => expect((await gateway.status()).targetGroups[0]?.targets[0]?.inFlight).toBe(1));
    await deregister();
    await expect(slow).rejects.toThrow("fetch failed");
    await vi.waitFor(() => expect(gateway.periodsAfter(0).some(hasCut)).toBe(true));
  });

  test("does not end the client's connection, which serves the next target", async () => {
    const { port, deregister, gateway } = await balance(
      await startTarget((_incoming, response) => response.end("one")),
      longDrain,
    );
    const socket = await connected(port);
    let received = "";
    socket.on("data", (chunk) => (received += chunk.toString()));
    socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await vi.waitFor(() => expect(received).toContain("one"));
    await deregister();
    socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await vi.waitFor(() => expect(received).toContain("503"));
    expect(socket.destroyed).toBe(false);
    expect((await gateway.status()).listeners).toHaveLength(1);
    socket.destroy();
  });
});
