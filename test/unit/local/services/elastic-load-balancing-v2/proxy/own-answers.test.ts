import type { RequestListener } from "node:http";
import { describe, expect, test, vi } from "vitest";
import { freePort } from "#local/kernel/index.ts";
import { forwardTo, isHealthy, serve, startGateway, startTarget } from "#test/support/gateway.ts";
import { sendRaw } from "#test/support/raw-http.ts";

const echo: RequestListener = (incoming, response) => {
  incoming.pipe(response);
};

describe("without an answer of a target", () => {
  test("503 when there is no target, or none was checked yet", async () => {
    const { origin } = await startGateway({ groups: { blue: { targets: [] } }, action: forwardTo({ blue: 1 }) });
    const answer = await fetch(origin);
    expect(answer.status).toBe(503);
    expect(answer.headers.get("server")).toBe("awselb/2.0");
  });

  test("502 when nothing listens on the only target any more", async () => {
    const { origin, server } = await serve(echo);
    server.close();
    expect((await fetch(origin)).status).toBe(502);
  });

  test("502 when the target hangs up on a POST, which is never sent twice", async () => {
    const seen = vi.fn<() => void>();
    const { origin } = await serve((incoming) => {
      seen();
      incoming.socket.destroy();
    });
    expect((await fetch(origin, { method: "POST", body: "once" })).status).toBe(502);
    expect(seen).toHaveBeenCalledTimes(1);
  });

  test.each(["POST", "DELETE"])(
    "502 when the target hangs up on a %s without a body, which is never sent twice",
    async (method) => {
      const seen = vi.fn<() => void>();
      const { origin } = await serve((incoming) => {
        seen();
        incoming.socket.destroy();
      });
      expect((await fetch(origin, { method })).status).toBe(502);
      expect(seen).toHaveBeenCalledTimes(1);
    },
  );

  test("502 when the target hangs up on a GET with a body, of which nothing is left to send", async () => {
    const seen = vi.fn<() => void>();
    const { port } = await serve((incoming) => {
      seen();
      incoming.socket.destroy();
    });
    const answer = await sendRaw(
      port,
      "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody",
    );
    expect(answer).toMatch(/^HTTP\/1.1 502 /);
    expect(seen).toHaveBeenCalledTimes(1);
  });

  test("a GET is sent once more on a connection of its own", async () => {
    const sockets = new Set<unknown>();
    const { origin } = await serve((incoming, response) => {
      sockets.add(incoming.socket);
      if (sockets.size === 1) incoming.socket.destroy();
      else response.end("second");
    });
    expect(await (await fetch(origin)).text()).toBe("second");
    expect(sockets.size).toBe(2);
  });

  test("502 when the target hangs up on a GET twice", async () => {
    const seen = vi.fn<() => void>();
    const { origin } = await serve((incoming) => {
      seen();
      incoming.socket.destroy();
    });
    expect((await fetch(origin)).status).toBe(502);
    expect(seen).toHaveBeenCalledTimes(2);
  });

  test("the next target is asked when one refuses the connection, with the body whole", async () => {
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
      const answer = await fetch(balancer.origin, { method: "POST", body: `body ${turn}` });
      expect(await answer.text()).toBe(`body ${turn}`);
    }
  });

  test("504 when the target says nothing within the idle time", async () => {
    const { origin } = await serve(() => undefined, { idleTimeout: 300 });
    expect((await fetch(origin)).status).toBe(504);
  });

  test.each(["HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", "nonsense\r\n\r\n"])(
    "502 when the target's answer is malformed (%j)",
    async (bytes) => {
      const { origin } = await serve((incoming) => incoming.socket.end(bytes));
      expect((await fetch(origin, { method: "POST" })).status).toBe(502);
    },
  );

  test("of the fixed kind, what the listener says", async () => {
    const action = { type: "fixed-response", status: 418, contentType: "text/plain", body: "teapot" } as const;
    const { origin } = await startGateway({ groups: {}, action });
    const answer = await fetch(origin);
    expect([answer.status, await answer.text()]).toEqual([418, "teapot"]);
  });
});

describe("a connection to a target", () => {
  test("is used again, and not any more when the target is about to close it", async () => {
    const { origin, server } = await serve((incoming, response) => response.end(String(incoming.socket.remotePort)));
    const ask = async () => (await fetch(origin)).text();
    expect(await ask()).toBe(await ask());
    // It says so to its clients: a connection that has a second left is not worth the risk.
    server.server.keepAliveTimeout = 1000;
    const last = await ask();
    expect(await ask()).not.toBe(last);
  });

  test("is given to a target on a port that another had before, without a failure", async () => {
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
