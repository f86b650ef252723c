import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { Agent, createServer, get } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test, vi } from "vitest";
import { holdPort } from "#test/support/held-port.ts";
import { createBalancer, startBalancerCloud } from "#test/support/balancer-control-plane.ts";
import type { TestCloud } from "#test/support/local-cloud.ts";

const program = fileURLToPath(new URL("../support/balancer-control-plane.ts", import.meta.url));
const patience = { timeout: 15_000 };

function newDirectory(): string {
  const directory = mkdtempSync(path.join(tmpdir(), "lockstep-test-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** `checks.delay`: milliseconds until the response to a health check. */
async function newTarget(content: string) {
  const checks = { delay: 0 };
  const server = createServer((request, response) => {
    const isCheck = request.headers["user-agent"]?.startsWith("ELB-HealthChecker") ?? false;
    setTimeout(() => response.end(content), isCheck ? checks.delay : 0);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  onTestFinished(close);
  return { port: (server.address() as AddressInfo).port, close, checks };
}

const ask = (port: number, agent?: Agent) =>
  new Promise<{ status: number; body: string }>((resolve, reject) => {
    const outgoing = get({ port, agent }, (response) => {
      let body = "";
      response.on("data", (chunk) => (body += String(chunk)));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
    });
    outgoing.once("error", reject);
  });

/** Sends requests without a pause on keep-alive connections; `stop` returns the failures. */
function load(port: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: 10 });
  const over = new AbortController();
  const failures: string[] = [];
  let requests = 0;
  const workers = Array.from({ length: 10 }, async () => {
    while (!over.signal.aborted) {
      const { status } = await ask(port, agent).catch((error: unknown) => ({ status: String(error) }));
      requests += 1;
      if (status !== 200) failures.push(String(status));
    }
  });
  return {
    get requests() {
      return requests;
    },
    async stop() {
      over.abort();
      await Promise.all(workers);
      agent.destroy();
      return failures;
    },
  };
}

const proxyDirectory = (directory: string): string => {
  const root = path.join(directory, "elastic-load-balancing-v2");
  return path.join(root, readdirSync(root)[0] ?? "");
};

/** Pids of the keeper process and of the proxy. */
function proxyPids(directory: string): { keeper: number; proxy: number } {
  const file = path.join(proxyDirectory(directory), "process.json");
  const { pid: keeper } = JSON.parse(readFileSync(file, "utf8")) as { pid: number };
  const proxy = Number(readFileSync(`/proc/${keeper}/task/${keeper}/children`, "utf8").trim().split(" ").at(-1));
  return { keeper, proxy };
}

/** An exited process may remain as a zombie until its parent waits for it. */
function isAlive(pid: number): boolean {
  const file = `/proc/${pid}/stat`;
  return existsSync(file) && !/\) Z /.test(readFileSync(file, "utf8"));
}

/** Targets that the proxy has recorded as healthy. */
const healthyTargets = (directory: string): unknown =>
  JSON.parse(readFileSync(path.join(proxyDirectory(directory), "healthy.json"), "utf8"));

async function isServed(port: number): Promise<void> {
  await vi.waitFor(async () => expect((await ask(port)).status).toBe(200), { ...patience, interval: 20 });
}

test("traffic and health checks continue when the control plane is killed, and the next one adopts the proxy", async () => {
  const directory = newDirectory();
  const [first, second] = [await newTarget("first"), await newTarget("second")];
  const argv = [program, directory, String(first.port), String(second.port)];
  const controlPlane = spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(controlPlane.stdout, "data")) as [Buffer];
  const { port, groupArn } = JSON.parse(line.toString()) as { port: number; groupArn: string };
  await isServed(port);
  const pids = proxyPids(directory);
  const traffic = load(port);

  controlPlane.kill("SIGKILL");
  await once(controlPlane, "exit");
  const atKill = traffic.requests;
  await vi.waitFor(() => expect(traffic.requests).toBeGreaterThan(atKill + 200), patience);
  // Only the proxy is left to notice that a target has stopped.
  second.close();
  await vi.waitFor(() => expect(healthyTargets(directory)).toHaveLength(1), patience);

  const cloud = await startBalancerCloud(directory);
  onTestFinished(() => cloud.stop());
  expect(proxyPids(directory)).toEqual(pids);
  expect(await healthOf(cloud, groupArn)).toEqual(["healthy", "unhealthy"]);
  const third = await newTarget("third");
  await register(cloud, groupArn, third.port);
  await vi.waitFor(async () => expect((await ask(port)).body).toBe("third"), patience);
  expect(await traffic.stop()).toEqual([]);
});

async function healthOf({ cloud }: TestCloud, TargetGroupArn: string) {
  const as = { service: "elastic-load-balancing-v2" } as const;
  const input = { TargetGroupArn };
  const { TargetHealthDescriptions } = await cloud.call("elastic-load-balancing-v2", "describeTargetHealth", input, {
    as,
  });
  return TargetHealthDescriptions?.map(({ TargetHealth }) => TargetHealth?.State).sort();
}

const as = { as: { service: "elastic-load-balancing-v2" } } as const;

async function register({ cloud }: TestCloud, TargetGroupArn: string, port: number): Promise<void> {
  const input = { TargetGroupArn, Targets: [{ Id: "127.0.0.1", Port: port }] };
  await cloud.call("elastic-load-balancing-v2", "registerTargets", input, as);
}

test.each(["the proxy", "its keeper", "both"])(
  "when %s is killed the proxy is back on its port and knows the healthy targets",
  async (who) => {
    const directory = newDirectory();
    const { port: target, checks } = await newTarget("well");
    const cloud = await startBalancerCloud(directory);
    onTestFinished(() => cloud.stop());
    const { port } = await createBalancer(cloud.cloud, [target]);
    await isServed(port);
    const known = path.join(proxyDirectory(directory), "healthy.json");
    await vi.waitFor(() => expect(JSON.parse(readFileSync(known, "utf8"))).toHaveLength(1), patience);
    checks.delay = 1000; // long after the first request
    const before = proxyPids(directory);
    if (who !== "the proxy") process.kill(before.keeper, "SIGKILL");
    if (who !== "its keeper") process.kill(before.proxy, "SIGKILL");
    const answers: string[] = [];
    await vi.waitFor(
      async () => {
        const { status } = await ask(port).catch(() => ({ status: 0 }));
        answers.push(String(status));
        expect(isAlive(before.proxy)).toBe(false);
        expect(status).toBe(200);
      },
      { ...patience, interval: 10 },
    );
    // Connections may be refused for a moment, but a response never body that there is no healthy target.
    expect(new Set(answers)).not.toContain("503");
  },
);

test("a proxy that exited while no control plane was running is restarted on its port", async () => {
  const directory = newDirectory();
  const { port: target } = await newTarget("well");
  const first = await startBalancerCloud(directory);
  const { port } = await createBalancer(first.cloud, [target]);
  await isServed(port);
  await first.detach();
  process.kill(-proxyPids(directory).keeper, "SIGKILL");
  const second = await startBalancerCloud(directory);
  await isServed(port);
  const { proxy } = proxyPids(directory);
  await second.stop();
  expect(isAlive(proxy)).toBe(false);
});

test("a listener whose port another process took while the load balancer was stopped gets a free one, permanently", async () => {
  const directory = newDirectory();
  const { port: target } = await newTarget("well");
  const first = await startBalancerCloud(directory);
  const { port } = await createBalancer(first.cloud, [target]);
  await first.detach();
  const { keeper, proxy } = proxyPids(directory);
  process.kill(-keeper, "SIGKILL");
  await vi.waitFor(() => expect(isAlive(proxy)).toBe(false), patience);
  const other = await holdPort(port);
  onTestFinished(() => other.release());
  const second = await startBalancerCloud(directory);
  onTestFinished(() => second.stop());
  const { LoadBalancers } = await second.cloud.call("elastic-load-balancing-v2", "describeLoadBalancers", {}, as);
  const LoadBalancerArn = LoadBalancers?.[0]?.LoadBalancerArn;
  const { Listeners } = await second.cloud.call(
    "elastic-load-balancing-v2",
    "describeListeners",
    { LoadBalancerArn },
    as,
  );
  const moved = Listeners?.[0]?.Port ?? 0;
  expect(moved).not.toBe(port);
  await isServed(moved);
});

test("every request is counted once for a reader that continues at its last cursor", async () => {
  const directory = newDirectory();
  const { port: target } = await newTarget("well");
  const cloud = await startBalancerCloud(directory);
  onTestFinished(() => cloud.stop());
  const { port, groupArn } = await createBalancer(cloud.cloud, [target]);
  await isServed(port);
  const { adminClient } = await import("#local/services/elastic-load-balancing-v2/admin-client.ts");
  const admin = adminClient(proxyDirectory(directory));
  let cursor = 0;
  let counted = 0;
  const read = async () => {
    const periods = await admin.periodsAfter(cursor);
    cursor = periods.at(-1)?.cursor ?? cursor;
    const ours = periods.flatMap(({ measured }) => measured.filter(({ arn }) => arn === groupArn));
    counted += ours.reduce((sum, { counts }) => sum + (counts?.HTTPCode_Target_2XX_Count ?? 0), 0);
    return ours;
  };
  await vi.waitFor(async () => {
    await read();
    expect(counted).toBe(1);
  }, patience);
  for (let turn = 0; turn < 100; turn += 1) {
    await ask(port);
    if (turn % 10 === 0) await read();
  }
  await vi.waitFor(async () => {
    const [last] = (await read()).slice(-1);
    expect(counted).toBe(101);
    expect(last?.gauges).toMatchObject({ HealthyHostCount: 1, UnHealthyHostCount: 0 });
  }, patience);
});
