import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { request, type IncomingMessage, type RequestListener } from "node:http";
import { text } from "node:stream/consumers";
import { describe, expect, test, vi } from "vitest";
import { serve } from "#test/support/gateway.ts";
import { connected, sendRaw } from "#test/support/raw-http.ts";

const hash = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

const echo: RequestListener = (incoming, response) => {
  response.writeHead(200, { "x-method": incoming.method ?? "" });
  incoming.pipe(response);
};

const showHeaders: RequestListener = (incoming, response) => response.end(JSON.stringify(incoming.rawHeaders));

function pairsOf(body: string): [string, string][] {
  const flat = JSON.parse(body) as string[];
  return flat.flatMap((name, index) => (index % 2 === 0 ? [[name.toLowerCase(), flat[index + 1] ?? ""]] : []));
}

const send = (url: string, init: RequestInit) => fetch(url, init);

describe("a request", () => {
  test.each(["POST", "PUT", "PATCH", "DELETE"])("%s brings its body to the target and back", async (method) => {
    const { origin } = await serve(echo);
    const body = randomBytes(300_000);
    const response = await send(origin, { method, body });
    expect(response.headers.get("x-method")).toBe(method);
    expect(hash(Buffer.from(await response.arrayBuffer()))).toBe(hash(body));
  });

  test("in chunks of unknown length arrives whole", async () => {
    const { origin } = await serve(echo);
    const chunks = Array.from({ length: 40 }, () => randomBytes(9999));
    const body = ReadableStream.from(chunks);
    const response = await fetch(origin, { method: "POST", body, duplex: "half" });
    expect(hash(Buffer.from(await response.arrayBuffer()))).toBe(hash(Buffer.concat(chunks)));
  });

  test("with Expect: 100-continue gets a 100 Continue, and the target does not see the header", async () => {
    const { port } = await serve((incoming, response) => response.end(`expect=${incoming.headers.expect}`));
    const outgoing = request({ port, method: "POST", headers: { expect: "100-continue", "content-length": 2 } });
    outgoing.flushHeaders();
    await once(outgoing, "continue");
    outgoing.end("hi");
    const [response] = (await once(outgoing, "response")) as [IncomingMessage];
    expect(await text(response)).toBe("expect=undefined");
  });

  test("has the headers that AWS adds and no hop-by-hop headers", async () => {
    const { port } = await serve(showHeaders);
    const body = await sendRaw(
      port,
      "GET / HTTP/1.1\r\nHost: shop.example\r\nX-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Port: 443\r\n" +
        "Connection: close, X-Secret\r\nKeep-Alive: 5\r\nX-Secret: 1\r\nTE: trailers\r\nX_Odd: 1\r\nX-Kept: yes\r\nX-Kept: again\r\n\r\n",
    );
    const pairs = pairsOf(body.slice(body.indexOf('["')).replace(/\]\s*[\s\S]*$/, "]"));
    const values = (name: string) => pairs.flatMap(([each, value]) => (each === name ? [value] : []));
    expect(values("host")).toEqual(["shop.example"]);
    expect(values("x-forwarded-for")).toEqual(["203.0.113.7, 127.0.0.1"]);
    expect(values("x-forwarded-proto")).toEqual(["http"]);
    expect(values("x-forwarded-port")).toEqual([String(port)]);
    expect(values("x-kept")).toEqual(["yes", "again"]);
    expect(values("x-amzn-trace-id")[0]).toMatch(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/);
    for (const name of ["x-secret", "te", "keep-alive", "x_odd"]) expect(values(name)).toEqual([]);
  });

  test("keeps its forwarding headers when Connection names them", async () => {
    const { port } = await serve(showHeaders);
    const body = await sendRaw(
      port,
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: close, X-Forwarded-For, X-Forwarded-Proto, Host\r\n\r\n",
    );
    expect(body).toContain('"X-Forwarded-For","127.0.0.1"');
    expect(body).toContain('"X-Forwarded-Proto","http"');
  });

  test.each([
    ["Content-Length and Transfer-Encoding", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400],
    ["two Content-Lengths", "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", 400],
    ["two equal Content-Lengths", "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 400],
    ["a Transfer-Encoding that is none", "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501],
    ["a coding besides chunked", "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501],
    ["a space before the colon", "Content-Length : 5\r\n\r\nhello", 400],
    ["two hosts", "Host: b\r\n\r\n", 400],
  ])("with %s never reaches the target", async (_what, rest, status) => {
    const received = vi.fn<() => void>();
    const { port } = await serve((_incoming, response) => {
      received();
      response.end();
    });
    const response = await sendRaw(port, `POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${rest}`);
    expect(response).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(received).not.toHaveBeenCalled();
  });

  test.each([
    ["TRACE / HTTP/1.1", 405],
    ["OPTIONS * HTTP/1.1", 400],
  ])("%s gets a %i", async (line, status) => {
    const { port } = await serve(echo);
    expect(await sendRaw(port, `${line}\r\nHost: a\r\nConnection: close\r\n\r\n`)).toContain(`HTTP/1.1 ${status} `);
  });

  test("with an absolute URL is forwarded with its path", async () => {
    const { port } = await serve((incoming, response) => response.end(`path=${incoming.url}`));
    const response = await sendRaw(port, "GET http://a/b?c=d HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    expect(response).toContain("path=/b?c=d");
  });
});

describe("a response", () => {
  test("to HEAD has its length and no body, and the connection stays open", async () => {
    const { port } = await serve((_incoming, response) => {
      response.writeHead(200, { "content-length": 10 });
      response.end("0123456789");
    });
    const two = "HEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    const responses = await sendRaw(port, two);
    expect(responses.match(/HTTP\/1.1 200/g)).toHaveLength(2);
    expect(responses.match(/content-length: 10/gi)).toHaveLength(2);
    expect(responses.match(/0123456789/g)).toHaveLength(1);
  });

  test("keeps separate cookies, its status text and its bytes", async () => {
    const { port } = await serve((_incoming, response) => {
      response.writeHead(
        404,
        "Not Here",
        [
          ["set-cookie", "a=1"],
          ["set-cookie", "b=2"],
          ["x-name", "caf\u00e9"],
        ].flat(),
      );
      response.end();
    });
    const response = await sendRaw(port, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    expect(response).toContain("HTTP/1.1 404 Not Here\r\n");
    expect(response).toMatch(/set-cookie: a=1\r\nset-cookie: b=2\r\n/i);
    expect(response).toContain("x-name: caf\u00e9\r\n");
  });

  test("of server-sent events arrives event by event, and the target notices when the client disconnects", async () => {
    let hasLeft = false;
    const { origin } = await serve((_incoming, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      let number = 0;
      const timer = setInterval(() => response.write(`data: ${(number += 1)}\n\n`), 20);
      response.once("close", () => {
        clearInterval(timer);
        hasLeft = true;
      });
    });
    const leave = new AbortController();
    const response = await fetch(origin, { signal: leave.signal });
    const reader = response.body?.getReader();
    const first = await reader?.read();
    expect(Buffer.from(first?.value ?? []).toString()).toBe("data: 1\n\n");
    await reader?.read();
    leave.abort();
    await vi.waitFor(() => expect(hasLeft).toBe(true));
  });

  test("begins before its body does", async () => {
    const { origin } = await serve((_incoming, response) => response.writeHead(200).flushHeaders());
    const leave = new AbortController();
    expect((await fetch(origin, { signal: leave.signal })).status).toBe(200);
    leave.abort();
  });

  test("arrives while the client is still sending, and the client's connection stays open", async () => {
    const { port } = await serve((incoming, response) => {
      response.writeHead(incoming.method === "GET" ? 200 : 413);
      response.end(incoming.method);
    });
    const socket = await connected(port);
    let received = "";
    socket.on("data", (chunk) => (received += String(chunk)));
    const upload = randomBytes(400_000);
    socket.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${upload.length}\r\n\r\n`);
    socket.write(upload.subarray(0, 200_000));
    await vi.waitFor(() => expect(received).toMatch(/^HTTP\/1.1 413 [\s\S]*POST/));
    socket.write(upload.subarray(200_000));
    socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await vi.waitFor(() => expect(received).toMatch(/HTTP\/1.1 200 [\s\S]*GET/));
    socket.destroy();
  });

  test("may begin with early hints", async () => {
    const { port } = await serve((_incoming, response) => {
      response.writeEarlyHints({ link: "</a.css>; rel=preload" });
      response.end("late");
    });
    const outgoing = request({ port });
    outgoing.end();
    const [[hint], [response]] = (await Promise.all([once(outgoing, "information"), once(outgoing, "response")])) as [
      [{ statusCode: number }],
      [IncomingMessage],
    ];
    expect(hint.statusCode).toBe(103);
    expect(await text(response)).toBe("late");
  });

  test("that is cut off is cut off for the client too", async () => {
    const { origin } = await serve((_incoming, response) => {
      response.writeHead(200, { "content-length": 1000 });
      response.write("some", () => response.destroy());
    });
    const response = await fetch(origin);
    await expect(response.text()).rejects.toThrow("terminated");
  });
});

describe("backpressure", () => {
  test("memory does not grow with a response that a slow client does not read", async () => {
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
    const outgoing = request({ port, method: "POST", headers: { "content-length": 200 * 1024 * 1024 } });
    outgoing.on("error", () => undefined);
    let sent = 0;
    const chunk = Buffer.alloc(256 * 1024);
    const send = () => {
      do sent += chunk.length;
      while (outgoing.write(chunk) && sent < 200 * 1024 * 1024);
    };
    outgoing.on("drain", send);
    send();
    expect(await settled(() => sent)).toBeLessThan(32 * 1024 * 1024);
    outgoing.destroy();
  });
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
