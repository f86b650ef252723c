import type { Cloud } from "#local/cloud/index.ts";
import { adminClient, type ProxyStatus } from "./admin-client.ts";
import type { ProxyConfig } from "./proxy/config.ts";
import type { Period } from "./proxy/period-log.ts";
import { ProxyProcess } from "./proxy-process.ts";

/** One load balancer, which runs in a separate process. */
export interface Balancer {
  /** Applies a configuration; resolves when it is in effect. */
  configure(config: ProxyConfig): Promise<ProxyStatus>;
  status(): Promise<ProxyStatus>;
  periodsAfter(cursor: number): Promise<Period[]>;
  /** Leaves the process running. */
  detach(): void;
  end(): Promise<void>;
}

export function openBalancer({ log }: Pick<Cloud, "log">, directory: string): Balancer {
  const admin = adminClient(directory);
  const proxy = new ProxyProcess({ log, directory, admin });
  /** Retries once when the proxy exited meanwhile: it is being restarted. */
  const withRestart = async <R>(work: () => Promise<R>): Promise<R> => {
    await proxy.ready();
    try {
      return await work();
    } catch (error) {
      if (proxy.isRunning) throw error;
      await proxy.ready();
      return work();
    }
  };
  let previous: Promise<unknown> = Promise.resolve();
  return {
    // Sequentially, so that the latest configuration wins.
    configure(config) {
      const status = previous.catch(() => undefined).then(() => withRestart(() => admin.configure(config)));
      previous = status;
      return status;
    },
    status: () => withRestart(() => admin.status()),
    periodsAfter: (cursor) => withRestart(() => admin.periodsAfter(cursor)),
    detach: () => proxy.detach(),
    end: () => proxy.end(),
  };
}
