// Overhead of the load balancer: the same small keep-alive requests directly to a target and through several proxies.
// node bench/proxy.ts [seconds per round] [rounds]
import autocannon from "autocannon";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, createServer } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createProxyServer } from "http-proxy-3";
import type { ProxyConfig } from "#local/services/elastic-load-balancing-v2/proxy/config.ts";

const [, file = "", first = "5", second = "3"] = process.argv;
const ports = { target: 19_100, direct: 19_100, "http-proxy-3": 19_101, lockstep: 19_102, nginx: 19_103 };
type Contender = Exclude<keyof typeof ports, "target">;
const proxyMain = path.join(import.meta.dirname, "../local/services/elastic-load-balancing-v2/proxy/main.ts");
const clockTicks = 100;

if (first === "target") serveTarget();
else if (first === "http-proxy-3") serveHttpProxy();
else await bench(Number(first), Number(second));

function serveTarget(): void {
  const body = JSON.stringify({ hello: "world", padding: "x".repeat(100) });
  const server = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "application/json", "content-length": body.length }).end(body);
  });
  server.keepAliveTimeout = 65_000;
  server.listen(ports.target, "127.0.0.1");
}

function serveHttpProxy(): void {
  const proxy = createProxyServer({
    target: `http://127.0.0.1:${ports.target}`,
    xfwd: true,
    agent: new Agent({ keepAlive: true }),
  });
  createServer((request, response) => proxy.web(request, response)).listen(ports["http-proxy-3"], "127.0.0.1");
}

interface Round {
  requestsPerSecond: number;
  p99: number;
  microsecondsPerRequest: number;
  failures: number;
}

async function bench(seconds: number, rounds: number): Promise<void> {
  const directory = mkdtempSync(path.join(tmpdir(), "lockstep-bench-"));
  const processes: Partial<Record<keyof typeof ports, ChildProcess>> = {
    target: startNode(file, "target"),
    "http-proxy-3": startNode(file, "http-proxy-3"),
    lockstep: startLockstepProxy(directory),
  };
  if (spawnSync("nginx", ["-v"]).status === 0) processes.nginx = startNginx(directory);
  const contenders: Contender[] = [
    "direct",
    "http-proxy-3",
    "lockstep",
    ...(processes.nginx ? (["nginx"] as const) : []),
  ];
  try {
    for (const name of contenders) await listening(ports[name]);
    const results = new Map<Contender, Round[]>(contenders.map((name) => [name, []]));
    for (const name of contenders) await measure(name, 2, undefined); // warm-up
    // Each round measures every contender, so that a slow machine affects all of them.
    for (let round = 0; round < rounds; round += 1)
      for (const [name, measured] of results) measured.push(await measure(name, seconds, processes[name]?.pid));
    report(results);
  } finally {
    for (const child of Object.values(processes)) child.kill("SIGKILL");
    rmSync(directory, { recursive: true, force: true });
  }
}

async function measure(name: Contender, duration: number, pid: number | undefined): Promise<Round> {
  const before = cpuSeconds(pid);
  const result = await autocannon({ url: `http://127.0.0.1:${ports[name]}/`, connections: 50, duration });
  const total = result.requests.total;
  return {
    requestsPerSecond: total / result.duration,
    p99: result.latency.p99,
    microsecondsPerRequest: ((cpuSeconds(pid) - before) * 1e6) / total,
    failures: result.errors + result.non2xx,
  };
}

function report(results: ReadonlyMap<Contender, Round[]>): void {
  const middle = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
  const reference = middle((results.get("http-proxy-3") ?? []).map((each) => each.requestsPerSecond));
  console.table(
    [...results].map(([name, rounds]) => {
      const perSecond = middle(rounds.map((each) => each.requestsPerSecond));
      return {
        name,
        "requests/s": Math.round(perSecond),
        "relative to http-proxy-3": Number((perSecond / reference).toFixed(2)),
        "CPU µs per request": Math.round(middle(rounds.map((each) => each.microsecondsPerRequest))),
        "p99 ms": middle(rounds.map((each) => each.p99)),
        failures: rounds.reduce((sum, each) => sum + each.failures, 0),
      };
    }),
  );
}

/** CPU time of a process: user and system. */
function cpuSeconds(pid: number | undefined): number {
  if (pid === undefined) return 0;
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / clockTicks;
}

function startNode(...argv: string[]): ChildProcess {
  return spawn(process.execPath, argv, { stdio: "inherit" });
}

function startLockstepProxy(directory: string): ChildProcess {
  const arn = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/bench/0000000000000000";
  const config: ProxyConfig = {
    revision: 1,
    idleTimeout: 60_000,
    dropInvalidHeaderFields: true,
    forwardedFor: "append",
    countingPeriod: 1000,
    targetGroups: [
      {
        arn,
        healthCheck: {
          path: "/",
          interval: 10_000,
          timeout: 5000,
          healthyThreshold: 2,
          unhealthyThreshold: 2,
          matcher: "200",
        },
        drain: { shown: 1000, limit: 1000 },
        targets: [{ id: "target", host: "127.0.0.1", port: ports.target }],
      },
    ],
    listeners: [{ arn: "listener", port: ports.lockstep, action: { type: "forward", groups: [{ arn, weight: 1 }] } }],
  };
  writeFileSync(path.join(directory, "config.json"), JSON.stringify(config));
  return startNode(proxyMain, directory);
}

function startNginx(directory: string): ChildProcess {
  const config = `
    daemon off; master_process off; error_log /dev/null; pid ${directory}/nginx.pid;
    events { worker_connections 1024; }
    http {
      access_log off;
      upstream target { server 127.0.0.1:${ports.target}; keepalive 64; }
      server {
        listen 127.0.0.1:${ports.nginx};
        keepalive_requests 1000000000;
        location / {
          proxy_pass http://target; proxy_http_version 1.1; proxy_set_header Connection "";
          proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        }
      }
    }`;
  const configFile = path.join(directory, "nginx.conf");
  writeFileSync(configFile, config);
  return spawn("nginx", ["-p", directory, "-c", configFile], { stdio: "inherit" });
}

async function listening(port: number): Promise<void> {
  for (const deadline = Date.now() + 10_000; Date.now() < deadline; ) {
    const isThere = await new Promise<boolean>((resolve) => {
      const socket = connect({ port, host: "127.0.0.1" });
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (isThere) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`Nothing listens on 127.0.0.1:${port}`);
}
