import { Pool } from "undici";
import type { TargetConfig } from "./config.ts";
import { initialHealth, type Health } from "./health.ts";

/** An unfinished request or WebSocket of a target. */
export interface InFlight {
  cut(): void;
}

export interface TargetOptions {
  /** Milliseconds without a byte after which a request is aborted. */
  idleTimeout: number;
}

/** Keep-alive of an idle connection to a target that sends no Keep-Alive header. */
const keepAlive = 1000;
/** as AWS: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html (504) */
const connectTimeout = 10_000;
const largestResponseHeader = 32 * 1024;

export class Target {
  readonly id: string;
  readonly host: string;
  readonly port: number;
  readonly pool: Pool;
  readonly inFlight = new Set<InFlight>();
  health: Health = initialHealth;
  drainingSince: number | undefined;
  readonly #options: TargetOptions;

  constructor({ id, host, port, drainingSince }: TargetConfig, options: TargetOptions) {
    this.id = id;
    this.host = host;
    this.port = port;
    this.drainingSince = drainingSince;
    this.#options = options;
    this.pool = new Pool(this.origin, this.poolOptions());
  }

  get origin(): string {
    return `http://${this.host}:${this.port}`;
  }

  /** For the retry of a request whose connection was dead: the pool may contain more of them. */
  freshConnection(): Pool {
    return new Pool(this.origin, { ...this.poolOptions(), connections: 1 });
  }

  cutAll(): number {
    const { size } = this.inFlight;
    for (const each of this.inFlight) each.cut();
    return size;
  }

  /** Closes idle connections now, others after their request. */
  retire(): void {
    void this.pool.close();
  }

  private poolOptions() {
    const { idleTimeout } = this.#options;
    return {
      keepAliveTimeout: keepAlive,
      // Do not reuse a connection within 2 s of the timeout that the target announces.
      keepAliveTimeoutThreshold: 2000,
      headersTimeout: idleTimeout,
      bodyTimeout: idleTimeout,
      maxHeaderSize: largestResponseHeader,
      connectTimeout,
      allowH2: false,
    };
  }
}
