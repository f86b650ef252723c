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
    const answer = await send(origin, { method, body });
    expect(answer.headers.get("x-method")).toBe(method);
    expect(hash(Buffer.from(await answer.arrayBuffer()))).toBe(hash(body));
  });

  test("in chunks of unknown length arrives whole", async () => {
    const { origin } = await serve(echo);
    const chunks = Array.from({ length: 40 }, () => randomBytes(9999));
    const body = ReadableStream.from(chunks);
    const answer = await fetch(origin, { method: "POST", body, duplex: "half" });
    expect(hash(Buffer.from(await answer.arrayBuffer()))).toBe(hash(Buffer.concat(chunks)));
  });

  test("with Expect: 100-continue is told to go on, and the target hears nothing of it", async () => {
    const { port } = await serve((incoming, response) => response.end(`expect=${incoming.headers.expect}`));
    const asked = request({ port, method: "POST", headers: { expect: "100-continue", "content-length": 2 } });
    asked.flushHeaders();
    await once(asked, "continue");
    asked.end("hi");
    const [answer] = (await once(asked, "response")) as [IncomingMessage];
    expect(await text(answer)).toBe("expect=undefined");
  });

  test("carries what AWS adds, and nothing that is meant for one connection", async () => {
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

  test("cannot have its forwarding headers taken away by naming them in Connection", async () => {
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
    const seen = vi.fn<() => void>();
    const { port } = await serve((_incoming, response) => {
      seen();
      response.end();
    });
    const answer = await sendRaw(port, `POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${rest}`);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(seen).not.toHaveBeenCalled();
  });

  test.each([
    ["TRACE / HTTP/1.1", 405],
    ["OPTIONS * HTTP/1.1", 400],
  ])("%s is answered %i", async (line, status) => {
    const { port } = await serve(echo);
    expect(await sendRaw(port, `${line}\r\nHost: a\r\nConnection: close\r\n\r\n`)).toContain(`HTTP/1.1 ${status} `);
  });

  test("that names a whole URL reaches the path in it", async () => {
    const { port } = await serve((incoming, response) => response.end(`path=${incoming.url}`));
    const answer = await sendRaw(port, "GET http://a/b?c=d HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    expect(answer).toContain("path=/b?c=d");
  });
});

describe("an answer", () => {
  test("to HEAD has its length and no body, and the connection goes on", async () => {
    const { port } = await serve((_incoming, response) => {
      response.writeHead(200, { "content-length": 10 });
      response.end("0123456789");
    });
    const two = "HEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    const answers = await sendRaw(port, two);
    expect(answers.match(/HTTP\/1.1 200/g)).toHaveLength(2);
    expect(answers.match(/content-length: 10/gi)).toHaveLength(2);
    expect(answers.match(/0123456789/g)).toHaveLength(1);
  });

  test("keeps its cookies apart, its status text and its bytes", async () => {
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
    const answer = await sendRaw(port, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    expect(answer).toContain("HTTP/1.1 404 Not Here\r\n");
    expect(answer).toMatch(/set-cookie: a=1\r\nset-cookie: b=2\r\n/i);
    expect(answer).toContain("x-name: caf\u00e9\r\n");
  });

  test("in events arrives event by event, and its target learns when the client leaves", async () => {
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
    const answer = await fetch(origin, { signal: leave.signal });
    const reader = answer.body?.getReader();
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

  test("comes back while the client is still sending, and the client's connection goes on", async () => {
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

  test("is an early hint too", async () => {
    const { port } = await serve((_incoming, response) => {
      response.writeEarlyHints({ link: "</a.css>; rel=preload" });
      response.end("late");
    });
    const asked = request({ port });
    asked.end();
    const [[hint], [answer]] = (await Promise.all([once(asked, "information"), once(asked, "response")])) as [
      [{ statusCode: number }],
      [IncomingMessage],
    ];
    expect(hint.statusCode).toBe(103);
    expect(await text(answer)).toBe("late");
  });

  test("that breaks off breaks off for the client too", async () => {
    const { origin } = await serve((_incoming, response) => {
      response.writeHead(200, { "content-length": 1000 });
      response.write("some", () => response.destroy());
    });
    const answer = await fetch(origin);
    await expect(answer.text()).rejects.toThrow("terminated");
  });
});
