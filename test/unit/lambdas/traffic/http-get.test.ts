import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { httpGet } from "../../../../lambdas/traffic/http-get.ts";

describe("a request of the probe", () => {
  let server: Server | undefined;

  async function serve(listener: RequestListener): Promise<URL> {
    server = createServer(listener).listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (typeof address !== "object" || address === null) throw new Error("no address");
    return new URL(`http://127.0.0.1:${address.port}/health`);
  }

  afterEach(() => server?.close());

  test("reads the release from a header", async () => {
    const url = await serve((_, response) => response.setHeader("X-Release", "abc").end("{}"));
    expect(await httpGet(url)).toEqual({ status: 200, release: "abc", body: "{}" });
  });

  test("reads the release from a JSON body", async () => {
    const url = await serve((_, response) => response.end('{"status":"ok","release":"abc"}'));
    expect(await httpGet(url)).toMatchObject({ status: 200, release: "abc" });
  });

  test("finds no release in a page", async () => {
    const url = await serve((_, response) => response.writeHead(503).end("<h1>release</h1>"));
    expect(await httpGet(url)).toEqual({ status: 503, body: "<h1>release</h1>" });
  });

  test("follows no redirect, and leaves out the query of its target", async () => {
    const location = "http://169.254.169.254/?token=abc";
    const url = await serve((_, response) => response.writeHead(302, { location }).end());
    expect(await httpGet(url)).toEqual({ status: 302, location: "http://169.254.169.254/" });
  });

  test("ends an endless response", async () => {
    const url = await serve((_, response) => response.end("x".repeat(100 * 1024)));
    await expect(httpGet(url)).rejects.toThrow(/larger than/);
  });

  test("reports a refused connection", async () => {
    const url = await serve(() => {});
    server?.close();
    await expect(httpGet(url)).rejects.toThrow(/ECONNREFUSED/);
  });
});
