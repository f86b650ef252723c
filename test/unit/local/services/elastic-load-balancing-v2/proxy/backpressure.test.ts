import { once } from "node:events";
import { request } from "node:http";
import { expect, test, vi } from "vitest";
import { serve } from "#test/support/gateway.ts";
import { connected } from "#test/support/raw-http.ts";

test("memory does not grow with an answer that a slow client does not read", async () => {
  const size = 200 * 1024 * 1024;
  let sent = 0;
  const { port } = await serve((_incoming, response) => {
    response.writeHead(200, { "content-length": size });
    const chunk = Buffer.alloc(256 * 1024);
    const send = (): unknown => {
      if (sent === size) return response.end();
      sent += chunk.length;
      return response.write(chunk) && send();
    };
    response.on("drain", send);
    send();
  });
  const socket = await connected(port);
  socket.pause();
  socket.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const stalled = await settled(() => sent);
  expect(stalled).toBeLessThan(32 * 1024 * 1024);
  let received = 0;
  socket.on("data", (chunk) => (received += chunk.length)).resume();
  await once(socket, "close");
  expect(received).toBeGreaterThanOrEqual(size);
});

test("memory does not grow with an upload that a slow target does not read", async () => {
  const { port } = await serve((incoming) => void incoming.pause());
  const asked = request({ port, method: "POST", headers: { "content-length": 200 * 1024 * 1024 } });
  asked.on("error", () => undefined);
  let sent = 0;
  const chunk = Buffer.alloc(256 * 1024);
  const send = () => {
    do sent += chunk.length;
    while (asked.write(chunk) && sent < 200 * 1024 * 1024);
  };
  asked.on("drain", send);
  send();
  expect(await settled(() => sent)).toBeLessThan(32 * 1024 * 1024);
  asked.destroy();
});

/** The value when it has not changed for a while. */
async function settled(read: () => number): Promise<number> {
  let last = -1;
  await vi.waitFor(
    () => {
      const now = read();
      const isSame = now === last && now > 0;
      last = now;
      expect(isSame).toBe(true);
    },
    { timeout: 10_000, interval: 300 },
  );
  return last;
}
