import { mkdirSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Cloud } from "#local/cloud/index.ts";
import { adoptProcess, startProcess, type HostedProcess } from "#local/kernel/index.ts";
import type { AdminClient } from "./admin-client.ts";
import { adminVersion } from "./proxy/admin.ts";

interface Parts {
  log: Cloud["log"];
  directory: string;
  admin: AdminClient;
}

const proxyFile = path.join(import.meta.dirname, "proxy", "main.ts");
const startDeadlineMs = 15_000;
const endDeadlineMs = 3000;
const pollMs = 20;
const longestPauseMs = 5000;

/** Adopts the proxy of an earlier run or starts one, and starts it anew whenever it ends by itself. */
export class ProxyProcess {
  readonly #parts: Parts;
  #running: HostedProcess | undefined;
  #launching: Promise<void> | undefined;
  #isReady = false;
  #isOver = false;
  #failures = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  get isRunning(): boolean {
    return this.#running?.isRunning() ?? false;
  }

  /** Resolves when there is a proxy that answers. */
  async ready(): Promise<void> {
    if (this.#isOver) throw new Error("The load balancer is not run any more.");
    if (this.#isReady && this.isRunning) return;
    this.#launching ??= this.#launch().finally(() => {
      this.#launching = undefined;
    });
    await this.#launching;
  }

  /** The process goes on without us. */
  letGo(): void {
    this.#isOver = true;
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await kill(this.#running ?? adoptProcess(this.#parts.directory));
  }

  async #launch(): Promise<void> {
    const { directory, admin } = this.#parts;
    const found = adoptProcess(directory);
    if (found?.isRunning()) {
      await this.#use(found);
      if ((await admin.status()).version === adminVersion) return;
      // It runs the code of an older release, which may not understand us.
      this.#running = undefined;
      await kill(found);
    }
    await this.#use(start(directory));
  }

  async #use(started: HostedProcess): Promise<void> {
    this.#running = started;
    const startedAt = Date.now();
    void started.exited.then(({ code }) => this.#onExit(started, code, Date.now() - startedAt));
    await this.#untilItAnswers(started);
    this.#isReady = true;
  }

  async #onExit(ended: HostedProcess, code: number, lifeMs: number): Promise<void> {
    if (this.#isOver || this.#running !== ended) return;
    const { log, directory } = this.#parts;
    this.#isReady = false;
    this.#failures = lifeMs > longestPauseMs ? 0 : this.#failures + 1;
    log("error", `The proxy of a load balancer ended with code ${code}; it is started again.`, { directory });
    if (this.#failures > 1) await sleep(Math.min(50 * 2 ** this.#failures, longestPauseMs));
    if (this.#isOver) return;
    await this.ready().catch((error: unknown) => log("error", String(error), { directory }));
  }

  async #untilItAnswers(started: HostedProcess): Promise<void> {
    for (const deadline = Date.now() + startDeadlineMs; Date.now() < deadline; await sleep(pollMs)) {
      if (await this.#answers()) return;
      if (!started.isRunning() || this.#isOver) break;
    }
    throw new Error(`The proxy of a load balancer does not answer; its words are in ${started.outputFile}`);
  }

  #answers(): Promise<boolean> {
    return this.#parts.admin.status().then(
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
