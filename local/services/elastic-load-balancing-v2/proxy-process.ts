import { mkdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Cloud } from "#local/cloud/index.ts";
import { adoptProcess, startProcess, type HostedProcess } from "#local/kernel/index.ts";
import type { AdminClient } from "./admin-client.ts";
import { adminVersion } from "./proxy/admin.ts";

interface ProxyDeps {
  log: Cloud["log"];
  directory: string;
  admin: AdminClient;
}

const proxyFile = fileURLToPath(import.meta.resolve("#local/services/elastic-load-balancing-v2/proxy/main.ts"));
const startDeadlineMs = 15_000;
const endDeadlineMs = 3000;
const pollMs = 20;
const longestPauseMs = 5000;

/** Adopts the proxy of an earlier run or starts one, and restarts it when it exits unexpectedly. */
export class ProxyProcess {
  readonly #deps: ProxyDeps;
  #running: HostedProcess | undefined;
  #launching: Promise<void> | undefined;
  #isReady = false;
  #isStopped = false;
  #failures = 0;

  constructor(deps: ProxyDeps) {
    this.#deps = deps;
  }

  get isRunning(): boolean {
    return this.#running?.isRunning() ?? false;
  }

  /** Resolves when the proxy responds. */
  async ready(): Promise<void> {
    if (this.#isStopped) throw new Error("The load balancer proxy was stopped.");
    if (this.#isReady && this.isRunning) return;
    this.#launching ??= this.#launch().finally(() => {
      this.#launching = undefined;
    });
    await this.#launching;
  }

  /** Leaves the process running. */
  detach(): void {
    this.#isStopped = true;
  }

  async end(): Promise<void> {
    this.#isStopped = true;
    await kill(this.#running ?? adoptProcess(this.#deps.directory));
  }

  async #launch(): Promise<void> {
    const { directory, admin } = this.#deps;
    const adopted = adoptProcess(directory);
    if (adopted?.isRunning()) {
      await this.#use(adopted);
      if ((await admin.status()).version === adminVersion) return;
      // It runs the code of an older release, which may not understand the current admin protocol.
      this.#running = undefined;
      await kill(adopted);
    }
    await this.#use(start(directory));
  }

  async #use(proxy: HostedProcess): Promise<void> {
    this.#running = proxy;
    const startedAt = Date.now();
    void proxy.exited.then(({ code }) => this.#onExit(proxy, code, Date.now() - startedAt));
    await this.#untilResponding(proxy);
    this.#isReady = true;
  }

  async #onExit(proxy: HostedProcess, code: number, uptimeMs: number): Promise<void> {
    if (this.#isStopped || this.#running !== proxy) return;
    const { log, directory } = this.#deps;
    this.#isReady = false;
    this.#failures = uptimeMs > longestPauseMs ? 0 : this.#failures + 1;
    log("error", "Load balancer proxy exited, restarting", { directory, code });
    if (this.#failures > 1) await sleep(Math.min(50 * 2 ** this.#failures, longestPauseMs));
    if (this.#isStopped) return;
    await this.ready().catch((err: unknown) => log("error", "Load balancer proxy did not restart", { directory, err }));
  }

  async #untilResponding(proxy: HostedProcess): Promise<void> {
    for (const deadline = Date.now() + startDeadlineMs; Date.now() < deadline; await sleep(pollMs)) {
      if (await this.#responds()) return;
      if (!proxy.isRunning() || this.#isStopped) break;
    }
    throw new Error(
      `Load balancer proxy did not respond within ${startDeadlineMs} ms. Fix: see its output in ${proxy.outputFile}.`,
    );
  }

  #responds(): Promise<boolean> {
    return this.#deps.admin.status().then(
      () => true,
      () => false,
    );
  }
}

function start(directory: string): HostedProcess {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return startProcess({
    directory,
    argv: [process.execPath, proxyFile, directory],
    cwd: directory,
    env: { PATH: process.env.PATH ?? "" },
  });
}

async function kill(running: HostedProcess | undefined): Promise<void> {
  if (!running?.isRunning()) return;
  running.signal("SIGTERM");
  await Promise.race([running.exited, sleep(endDeadlineMs)]);
  running.signal("SIGKILL");
  await Promise.race([running.exited, sleep(endDeadlineMs)]);
}
