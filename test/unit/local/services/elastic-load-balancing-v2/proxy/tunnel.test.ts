import { expect, test } from "vitest";
import { serve } from "#test/support/gateway.ts";
import { sendRaw } from "#test/support/raw-http.ts";

test.each(["http://shop.example/chat?room=1", "/chat?room=1"])(
  "an upgrade of %s reaches the target as a path",
  async (url) => {
    const { port, server } = await serve(() => undefined);
    server.server.on("upgrade", (incoming, socket) => {
      const body = `target got ${incoming.url}`;
      socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`);
    });
    const response = await sendRaw(
      port,
      `GET ${url} HTTP/1.1\r\nHost: shop.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    );
    expect(response).toContain("target got /chat?room=1");
  },
);
