import type { RequestListener } from "node:http";
import { describe, expect, test, vi } from "vitest";
import { freePort } from "#local/kernel/index.ts";
import { forwardTo, isHealthy, serve, startGateway, startTarget } from "#test/support/gateway.ts";
import { sendRaw } from "#test/support/raw-http.ts";

const echo: RequestListener = (incoming, response) => {
  incoming.pipe(response);
};

describe("without a response from a target", () => {
  test("503 when there is no target, or none was checked yet", async () => {
    const { origin } = await startGateway({ groups: { blue: { targets: [] } }, action: forwardTo({ blue: 1 }) });
    const response = await fetch(origin);
    expect(response.status).toBe(503);
    expect(response.headers.get("server")).toBe("awselb/2.0");
  });

  test("502 when nothing listens on the only target any more", async () => {
    const { origin, server } = await serve(echo);
    server.close();
    expect((await fetch(origin)).status).toBe(502);
  });

  test.each([
    ["a value that HTTP does not allow", "X: a\u0001b\r\n"],
    ["two lengths", "Content-Length: 3\r\n"],
  ])("502 at once when the target answers with %s", async (_story, header) => {
    const { origin } = await serve((incoming) => {
      incoming.socket.end(`HTTP/1.1 200 OK\r\n${header}Content-Length: 2\r\n\r\nok`, "latin1");
    });
    expect((await fetch(origin, { signal: AbortSignal.timeout(3000) })).status).toBe(502);
  });

  test("the response of a target whose reason phrase is no ASCII, with the standard phrase", async () => {
    const { port } = await serve((incoming) => {
      incoming.socket.end("HTTP/1.1 200 Sch\u00f6n\r\nContent-Length: 2\r\n\r\nok", "latin1");
    });
    const response = await sendRaw(port, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    expect(response).toMatch(/^HTTP\/1.1 200 OK\r\n[\s\S]*ok$/);
  });

  test.each([
    ["a request line over 16 K", `GET /${"a".repeat(17_000)} HTTP/1.1\r\nHost: a\r\n`],
    ["a header over 16 K", `GET / HTTP/1.1\r\nHost: a\r\nX: ${"a".repeat(17_000)}\r\n`],
    ["headers over 64 K in all", `GET / HTTP/1.1\r\nHost: a\r\n${`X: ${"a".repeat(9_000)}\r\n`.repeat(8)}`],
    ["a line that is no header", "GET / HTTP/1.1\r\nHost: a\r\nno header\r\n"],
  ])("400 for %s", async (_story, request) => {
    const { port } = await serve(echo);
    const response = await sendRaw(port, `${request}Connection: close\r\n\r\n`);
    expect(response).toMatch(/^HTTP\/1.1 400 Bad Request\r\nServer: awselb/i);
  });

  test("408 when the client stops in the middle of a body for the idle timeout", async () => {
    const { port } = await serve((incoming) => void incoming.resume(), { idleTimeout: 300 });
    const response = await sendRaw(port, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nbod");
    expect(response).toMatch(/^HTTP\/1.1 408 /);
  });

  test("502 when the target closes the connection on a POST, which is never retried", async () => {
    const onRequest = vi.fn<() => void>();
    const { origin } = await serve((incoming) => {
      onRequest();
      incoming.socket.destroy();
    });
    expect((await fetch(origin, { method: "POST", body: "once" })).status).toBe(502);
    expect(onRequest).toHaveBeenCalledTimes(1);
  });

  test.each(["POST", "DELETE"])(
    "502 when the target hangs up on a %s without a body, which is never sent twice",
    async (method) => {
      const onRequest = vi.fn<() => void>();
      const { origin } = await serve((incoming) => {
        onRequest();
        incoming.socket.destroy();
      });
      expect((await fetch(origin, { method })).status).toBe(502);
      expect(onRequest).toHaveBeenCalledTimes(1);
    },
  );

  test("502 when the target closes the connection on a GET with a body, which was already sent", async () => {
    const onRequest = vi.fn<() => void>();
    const { port } = await serve((incoming) => {
      onRequest();
      incoming.socket.destroy();
    });
    const response = await sendRaw(
      port,
      "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody",
    );
    expect(response).toMatch(/^HTTP\/1.1 502 /);
    expect(onRequest).toHaveBeenCalledTimes(1);
  });

  test("a GET is retried on a separate connection", async () => {
    const sockets = new Set<unknown>();
    const { origin } = await serve((incoming, response) => {
      sockets.add(incoming.socket);
      if (sockets.size === 1) incoming.socket.destroy();
      else response.end("second");
    });
    expect(await (await fetch(origin)).text()).toBe("second");
    expect(sockets.size).toBe(2);
  });

  test("502 when the target closes the connection on a GET twice", async () => {
    const onRequest = vi.fn<() => void>();
    const { origin } = await serve((incoming) => {
      onRequest();
      incoming.socket.destroy();
    });
    expect((await fetch(origin)).status).toBe(502);
    expect(onRequest).toHaveBeenCalledTimes(2);
  });

  test("a request whose connection is refused goes to the next target with its whole body", async () => {
    const good = await startTarget(echo);
    const gone = await startTarget(echo);
    const balancer = await startGateway({
      groups: {
        blue: {
          unhealthyThreshold: 1000,
          targets: [
            { id: "good", port: good.port },
            { id: "gone", port: gone.port },
          ],
        },
      },
      action: forwardTo({ blue: 1 }),
    });
    for (const id of ["good", "gone"]) await isHealthy(balancer, id);
    gone.close();
    for (let turn = 0; turn < 10; turn += 1) {
      const response = await fetch(balancer.origin, { method: "POST", body: `body ${turn}` });
      expect(await response.text()).toBe(`body ${turn}`);
    }
  });

  test("504 when the target does not respond within the idle timeout", async () => {
    const { origin } = await serve(() => undefined, { idleTimeout: 300 });
    expect((await fetch(origin)).status).toBe(504);
  });

  test.each(["HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", "nonsense\r\n\r\n"])(
    "502 when the target's response is malformed (%j)",
    async (bytes) => {
      const { origin } = await serve((incoming) => incoming.socket.end(bytes));
      expect((await fetch(origin, { method: "POST" })).status).toBe(502);
    },
  );

  test("the fixed response of the listener", async () => {
    const action = { type: "fixed-response", status: 418, contentType: "text/plain", body: "teapot" } as const;
    const { origin } = await startGateway({ groups: {}, action });
    const response = await fetch(origin);
    expect([response.status, await response.text()]).toEqual([418, "teapot"]);
  });
});

describe("a connection to a target", () => {
  test("is reused, but not when the target is about to close it", async () => {
    const { origin, server } = await serve((incoming, response) => response.end(String(incoming.socket.remotePort)));
    const ask = async () => (await fetch(origin)).text();
    expect(await ask()).toBe(await ask());
    // It says so to its clients: a connection that has a second left is not worth the risk.
    server.server.keepAliveTimeout = 1000;
    const last = await ask();
    expect(await ask()).not.toBe(last);
  });

  test("is opened without a failure to a new target on the port of an earlier one", async () => {
    const port = await freePort();
    const first = await startTarget((_incoming, response) => response.end("first"), port);
    const balancer = await startGateway({
      groups: { blue: { targets: [{ id: "one", port }], unhealthyThreshold: 1000 } },
      action: forwardTo({ blue: 1 }),
    });
    await isHealthy(balancer, "one");
    expect(await (await fetch(balancer.origin)).text()).toBe("first");
    first.close();
    await startTarget((_incoming, response) => response.end("second"), port);
    expect(await (await fetch(balancer.origin)).text()).toBe("second");
  });
});
