import { mkdtempSync, rmSync } from "node:fs";
import { createServer, request as httpRequest, type Server } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundlePage } from "../../console/bundle.ts";
import { actions } from "../../console/server/actions/index.ts";
import { type Console, startConsole, Stages } from "../../console/server/index.ts";

let directory: string;
let aws: Server;
let awsRequests = 0;
let server: Console;
let port: number;

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), "lockstep-console-"));
  bundlePage(directory);
  // Every call that a request causes arrives here, and fails.
  aws = createServer((_request, response) => {
    awsRequests += 1;
    response.writeHead(400).end();
  }).listen(0, "127.0.0.1");
  await once(aws, "listening");
  const { port: awsPort } = aws.address() as AddressInfo;
  const local = {
    endpoint: `http://127.0.0.1:${awsPort}`,
    region: "eu-central-1",
    accessKeyId: "AKIAEXAMPLE",
    secretAccessKey: "example",
    gitToken: "example",
    databaseCaFile: "",
  };
  const stages = new Stages(["production"], {}, () => local);
  server = await startConsole({ stages, directory, port: 0 });
  port = Number(new URL(server.openingUrl()).port);
});

afterAll(async () => {
  await server.close();
  aws.close();
  rmSync(directory, { recursive: true });
});

interface Session {
  cookie: string;
  key: string;
}

interface Sent {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

interface Received {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

/** With exactly these headers, unlike fetch. */
async function send({ method = "GET", path: target, headers = {}, body }: Sent): Promise<Received> {
  const request = httpRequest({
    host: "127.0.0.1",
    port,
    method,
    path: target,
    headers: { host: `127.0.0.1:${port}`, ...headers },
  });
  request.end(body);
  const [response] = await once(request, "response");
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode, headers: response.headers, text: Buffer.concat(chunks).toString("utf8") };
}

const tokenOf = (url: string) => new URL(url).hash.slice("#token=".length);
const own = () => ({ origin: `http://127.0.0.1:${port}`, "sec-fetch-site": "same-origin" });

async function exchange(token: string, headers: Record<string, string> = own()): Promise<Received> {
  const body = JSON.stringify({ token });
  return send({
    method: "POST",
    path: "/session",
    body,
    headers: { "content-type": "application/json", "content-length": String(body.length), ...headers },
  });
}

async function openSession(): Promise<Session> {
  const { headers, text } = await exchange(tokenOf(server.openingUrl()));
  return { cookie: String(headers["set-cookie"]).split(";")[0] ?? "", key: (JSON.parse(text) as { key: string }).key };
}

const asSession = ({ cookie, key }: Session) => ({ cookie, "x-lockstep-key": key });

function act(session: Session, headers: Record<string, string>, name = "redrive"): Promise<Received> {
  const body = JSON.stringify({ id: "0123abcd-1" });
  return send({
    method: "POST",
    path: `/api/stages/production/actions/${name}`,
    body,
    headers: {
      "content-type": "application/json",
      "content-length": String(body.length),
      ...asSession(session),
      ...headers,
    },
  });
}

describe("the console's session", () => {
  it("is opened once by the token of an address, with a cookie that scripts and other sites do not get", async () => {
    const token = tokenOf(server.openingUrl());
    const first = await exchange(token);
    expect(first.status).toBe(200);
    expect(first.headers["set-cookie"]?.[0]).toMatch(
      /^lockstep-console=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/$/,
    );
    const replayed = await exchange(token);
    expect(replayed.status).toBe(401);
    expect(replayed.headers["set-cookie"]).toBeUndefined();
  });

  it("is opened by no other way than a request of the page with the token", async () => {
    const token = tokenOf(server.openingUrl());
    const host = `localhost:${port + 1}`;
    expect((await exchange(token, { ...own(), host })).status).toBe(403);
    expect((await exchange(token, { ...own(), "content-type": "text/plain" })).status).toBe(415);
    for (const target of [`/session?token=${token}`, `/?token=${token}`, `/session#token=${token}`])
      expect((await send({ path: target, headers: own() })).headers["set-cookie"], target).toBeUndefined();
    for (const guess of ["", "0", token.slice(1), `${token}0`]) expect((await exchange(guess)).status).toBe(401);
    expect((await exchange(token)).status).toBe(200);
  });

  it("is required for every read and every action", async () => {
    const session = await openSession();
    const other = await openSession();
    const before = awsRequests;
    const reads = ["/api/stages", "/api/stages/production/glance", "/api/changes"];
    for (const target of reads) {
      expect((await send({ path: target, headers: own() })).status).toBe(401);
      expect((await send({ path: target, headers: { ...own(), cookie: session.cookie } })).status).toBe(401);
      expect((await send({ path: target, headers: { ...own(), "x-lockstep-key": session.key } })).status).toBe(401);
    }
    const strangers = [
      { cookie: "lockstep-console=forged", key: "forged" },
      { cookie: session.cookie, key: other.key },
      { cookie: session.cookie, key: "" },
      { cookie: "", key: session.key },
    ];
    for (const name of Object.keys(actions))
      for (const stranger of strangers) expect((await act(stranger, own(), name)).status, name).toBe(401);
    expect(awsRequests).toBe(before);
    expect((await send({ path: "/api/stages", headers: { ...own(), ...asSession(session) } })).text).toBe(
      '["production"]',
    );
  });
});

describe("the console refuses", () => {
  it("other names for its address, as after DNS rebinding", async () => {
    const session = await openSession();
    for (const host of [
      "evil.example",
      `evil.example:${port}`,
      "127.0.0.1",
      `127.0.0.1:${port + 1}`,
      `localhost.evil.example:${port}`,
    ]) {
      const { status } = await send({ path: "/api/stages", headers: { ...own(), ...asSession(session), host } });
      expect([400, 403], host).toContain(status);
      expect((await send({ path: "/", headers: { host } })).status, host).toBeGreaterThanOrEqual(400);
    }
  });

  it("requests of pages of other origins, also on other ports of this machine", async () => {
    const session = await openSession();
    const before = awsRequests;
    const foreign = [
      { origin: "https://evil.example", "sec-fetch-site": "cross-site" },
      { origin: "http://127.0.0.1:8080", "sec-fetch-site": "same-site" },
      { origin: "null", "sec-fetch-site": "cross-site" },
      { origin: `http://127.0.0.1:${port}`, "sec-fetch-site": "same-site" },
      { "sec-fetch-site": "none" },
      {},
    ];
    for (const headers of foreign)
      for (const name of Object.keys(actions)) expect((await act(session, headers, name)).status, name).toBe(403);
    expect((await exchange(tokenOf(server.openingUrl()), foreign[0])).status).toBe(403);
    expect(awsRequests).toBe(before);
  });

  it("changes by GET, bodies that are not JSON, and actions and methods that do not exist", async () => {
    const session = await openSession();
    const before = awsRequests;
    const headers = { ...own(), ...asSession(session) };
    for (const name of Object.keys(actions)) {
      const target = `/api/stages/production/actions/${name}`;
      expect((await send({ path: `${target}?id=0123abcd-1`, headers })).status, name).toBe(404);
      for (const method of ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
        expect((await send({ method, path: target, headers })).status, `${method} ${name}`).toBe(405);
    }
    const form = { ...headers, "content-type": "application/x-www-form-urlencoded", "content-length": "4" };
    const target = "/api/stages/production/actions/redrive";
    expect((await send({ method: "POST", path: target, headers: form, body: "id=1" })).status).toBe(415);
    const body = JSON.stringify({ id: "x".repeat(100_000) });
    const large = { ...headers, "content-type": "application/json", "content-length": String(body.length) };
    expect((await send({ method: "POST", path: target, headers: large, body })).status).toBe(413);
    const json = { ...headers, "content-type": "application/json", "content-length": "2" };
    expect((await send({ method: "POST", path: target, headers: json, body: "[]" })).status).toBe(400);
    const unknown = "/api/stages/production/actions/constructor";
    expect((await send({ method: "POST", path: unknown, headers: json, body: "{}" })).status).toBe(404);
    expect((await send({ path: "/api/stages/other/glance", headers })).status).toBe(404);
    expect(awsRequests).toBe(before);
  });
});

describe("the page", () => {
  it("allows no inline scripts, frames, or anything from another origin", async () => {
    for (const target of ["/", "/production/deployments/0123abcd-1", "/page.js", "/page.css", "/../package.json"]) {
      const { status, headers } = await send({ path: target });
      expect(status).toBe(200);
      expect(headers["content-security-policy"]).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
      expect(headers["content-security-policy"]).not.toContain("unsafe");
      expect(headers["content-security-policy"]).toContain("frame-ancestors 'none'");
      expect(headers).toMatchObject({
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-resource-policy": "same-origin",
        "cache-control": "no-store",
      });
      expect(Object.keys(headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
    }
    expect((await send({ path: "/../package.json" })).text).toMatch(/^<!doctype html>/);
  });
});
