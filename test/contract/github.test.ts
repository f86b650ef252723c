import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { verify } from "@octokit/webhooks-methods";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { github } from "#local/services/github/index.ts";
import { workingCopy, type WorkingCopy } from "#test/support/git.ts";
import { startTestCloud, type TestCloud } from "#test/support/local-cloud.ts";
import { webhookExamples } from "#test/support/webhook-examples.ts";

interface Delivery {
  headers: IncomingHttpHeaders;
  body: string;
}

const secret = "It's a Secret to Everybody";
let local: TestCloud;
let server: Server;
let copy: WorkingCopy;
let deliveries: Delivery[];
let answerStatus: number;
let count = 0;
let repository: string;

beforeAll(async () => {
  local = await startTestCloud({ services: [], standIns: [github] });
  server = createServer((request, response) => {
    const receive = async () => {
      deliveries.push({ headers: request.headers, body: await text(request) });
      response.writeHead(answerStatus).end("{}");
    };
    void receive();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(async () => {
  server.close();
  await local.stop();
});

beforeEach(async () => {
  deliveries = [];
  answerStatus = 200;
  count += 1;
  repository = `acme/shop-${count}`;
  await api("POST", "/orgs/acme/repos", { name: `shop-${count}`, private: true });
  copy = await workingCopy();
  await copy.git("remote", "add", "origin", gitUrl());
});
afterEach(() => copy.remove());

const token = () => local.cloud.issueToken({ kind: "root", arn: "arn:aws:iam::123456789012:root" });
const gitUrl = (password = token()) =>
  `${local.endpoint.replace("http://", `http://git:${password}@`)}/github/${repository}.git`;

async function request(method: string, path: string, body?: unknown): Promise<Response> {
  return fetch(`${local.endpoint}/github-api${path}`, {
    method,
    headers: { authorization: `Bearer ${token()}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

async function api<T = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await request(method, path, body);
  const answer = await response.text();
  expect(response.ok, `${response.status} ${answer}`).toBe(true);
  return (answer === "" ? {} : JSON.parse(answer)) as T;
}
const here = (path: string) => `/repos/${repository}${path}`;

async function addHook(): Promise<number> {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  const hook = await api<{ id: number }>("POST", here("/hooks"), {
    name: "web",
    config: { url, content_type: "json", secret, insecure_ssl: "0" },
    events: ["push"],
  });
  await received("ping", 1);
  return hook.id;
}

async function received(event: string, times: number): Promise<Delivery[]> {
  return vi.waitFor(() => {
    const matching = deliveries.filter(({ headers }) => headers["x-github-event"] === event);
    expect(matching).toHaveLength(times);
    return matching;
  });
}

it("signs deliveries, with the fields of GitHub's pings and pushes", async () => {
  await addHook();
  const commit = await copy.commit({ "a.txt": "one" });
  await copy.git("push", "--quiet", "origin", "HEAD:refs/heads/main");
  const [push] = await received("push", 1);
  const [ping] = await received("ping", 1);
  for (const { headers, body } of [push, ping].filter((each) => each !== undefined)) {
    expect(await verify(secret, body, String(headers["x-hub-signature-256"]))).toBe(true);
    expect(headers["x-github-delivery"]).toMatch(/^[0-9a-f-]{36}$/);
  }
  const payload = JSON.parse(push?.body ?? "") as Record<string, unknown>;
  expect(payload).toMatchObject({ ref: "refs/heads/main", before: "0".repeat(40), after: commit, created: true });
  const [example = {}] = webhookExamples("push");
  expect(Object.keys(payload).toSorted()).toEqual(Object.keys(example).toSorted());
});

it("delivers updates, forced pushes, tags and deletions of references", async () => {
  await addHook();
  await copy.commit({ "a.txt": "one" });
  await copy.git("push", "--quiet", "origin", "HEAD:refs/heads/main");
  await received("push", 1);
  await copy.commit({ "a.txt": "two" });
  await copy.git("push", "--quiet", "origin", "HEAD:refs/heads/main");
  await received("push", 2);
  await copy.git("commit", "--amend", "--message", "three");
  await copy.git("push", "--quiet", "--force", "origin", "HEAD:refs/heads/main");
  await received("push", 3);
  await copy.git("push", "--quiet", "origin", "HEAD:refs/tags/v1");
  await received("push", 4);
  await copy.git("push", "--quiet", "origin", ":refs/tags/v1");
  const all = await received("push", 5);
  const flags = all.map(({ body }) => {
    const { ref, created, deleted, forced, head_commit: head } = JSON.parse(body) as Record<string, unknown>;
    return { ref, created, deleted, forced, hasHead: head !== null };
  });
  const [main, tag] = ["refs/heads/main", "refs/tags/v1"];
  expect(flags).toEqual([
    { ref: main, created: true, deleted: false, forced: false, hasHead: true },
    { ref: main, created: false, deleted: false, forced: false, hasHead: true },
    { ref: main, created: false, deleted: false, forced: true, hasHead: true },
    { ref: tag, created: true, deleted: false, forced: false, hasHead: true },
    { ref: tag, created: false, deleted: true, forced: false, hasHead: false },
  ]);
});

it("does not repeat a failed delivery until it is redelivered, with the same GUID and body", async () => {
  const hook = await addHook();
  answerStatus = 500;
  await copy.commit({ "a.txt": "one" });
  await copy.git("push", "--quiet", "origin", "HEAD:refs/heads/main");
  await received("push", 1);
  const listed = async () => api<{ id: number; status_code: number }[]>("GET", here(`/hooks/${hook}/deliveries`));
  const [failed] = await vi.waitFor(async () => {
    const all = await listed();
    expect(all[0]).toMatchObject({ event: "push", redelivery: false, status_code: 500 });
    return all;
  });
  answerStatus = 200;
  await api("POST", here(`/hooks/${hook}/deliveries/${failed?.id}/attempts`));
  const [first, second] = await received("push", 2);
  expect(second?.headers["x-github-delivery"]).toBe(first?.headers["x-github-delivery"]);
  expect(second?.body).toBe(first?.body);
  await vi.waitFor(async () => expect((await listed())[0]).toMatchObject({ redelivery: true, status_code: 200 }));
});

it("describes references, commits, files and comparisons", async () => {
  const first = await copy.commit({ "a.txt": "one", "src/b.ts": "b" });
  const second = await copy.commit({ "a.txt": "two" });
  await copy.git("push", "--quiet", "origin", "HEAD:refs/heads/main");
  expect(await api("GET", here("/git/ref/heads/main"))).toMatchObject({ object: { type: "commit", sha: second } });
  expect((await request("GET", here("/git/ref/heads/none"))).status).toBe(404);
  expect(await api("GET", here(`/commits/${second}`))).toMatchObject({ sha: second, parents: [{ sha: first }] });
  expect(await api("GET", here(`/contents/src/b.ts?ref=${first}`))).toMatchObject({ content: "Yg==" });
  expect(await api("GET", here(`/compare/${first}...${second}`))).toMatchObject({
    status: "ahead",
    files: [{ filename: "a.txt", status: "modified" }],
  });
  expect(await api("GET", here(`/compare/${second}...${first}`))).toMatchObject({ status: "behind", files: [] });
});

it("keeps statuses and deployments, and ends earlier deployments of an environment that is not production", async () => {
  const sha = await copy.commit({ "a.txt": "one" });
  await copy.git("push", "--quiet", "origin", "HEAD:refs/heads/main");
  await api("POST", here(`/statuses/${sha}`), { state: "pending", context: "lockstep" });
  await api("POST", here(`/statuses/${sha}`), { state: "success", context: "lockstep" });
  const statuses = await api<unknown[]>("GET", here(`/commits/${sha}/statuses`));
  expect(statuses).toMatchObject([{ state: "success" }, { state: "pending" }]);
  const deploy = async (environment: string) => {
    const creation = { ref: sha, auto_merge: false, required_contexts: [], environment };
    const { id } = await api<{ id: number }>("POST", here("/deployments"), creation);
    await api("POST", here(`/deployments/${id}/statuses`), { state: "success" });
    return async () => (await api<{ state: string }[]>("GET", here(`/deployments/${id}/statuses`)))[0]?.state;
  };
  const [staging, production] = [await deploy("staging"), await deploy("production")];
  await deploy("staging");
  await deploy("production");
  expect(await staging()).toBe("inactive");
  expect(await production()).toBe("success");
});

it.each([
  ["an unknown operation", () => request("GET", here("/issues")), 501],
  ["an unknown field", () => request("POST", here("/hooks"), { config: { url: "http://a.b" }, colour: 1 }), 422],
  [
    "a description that is too long",
    () => request("POST", here("/deployments"), { ref: "main", description: "x".repeat(141) }),
    422,
  ],
  ["a repository that does not exist", () => request("GET", "/repos/acme/none"), 404],
  [
    "a wrong token",
    () => fetch(`${local.endpoint}/github-api${here("")}`, { headers: { authorization: "Bearer no" } }),
    401,
  ],
])("refuses %s", async (_what, send, status) => {
  expect((await send()).status).toBe(status);
});

it("lets a connection of CodeBuild read, and not write", async () => {
  await copy.commit({ "a.txt": "one" });
  await copy.git("push", "--quiet", "origin", "HEAD:refs/heads/main");
  const connection = local.cloud.issueToken({ kind: "service", arn: "arn:connection", service: "codebuild" });
  expect(await copy.git("ls-remote", gitUrl(connection))).toContain("refs/heads/main");
  await expect(copy.git("push", gitUrl(connection), "HEAD:refs/heads/other")).rejects.toThrow(/not granted|403/);
  await expect(copy.git("ls-remote", gitUrl("forged"))).rejects.toThrow(/Authentication failed|401|could not read/);
});
