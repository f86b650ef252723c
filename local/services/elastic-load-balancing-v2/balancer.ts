import type { Cloud } from "#local/cloud/index.ts";
import { adminClient, type ProxyStatus } from "./admin-client.ts";
import type { ProxyConfig } from "./proxy/config.ts";
import type { Period } from "./proxy/period-log.ts";
import { ProxyProcess } from "./proxy-process.ts";

/** One load balancer, which runs as a process of its own. */
export interface Balancer {
  /** Hands over a configuration; resolves when it holds. */
  configure(config: ProxyConfig): Promise<ProxyStatus>;
  status(): Promise<ProxyStatus>;
  periodsAfter(cursor: number): Promise<Period[]>;
  /** Lets go of the process, which goes on. */
  letGo(): void;
  end(): Promise<void>;
}

export function openBalancer({ log }: Pick<Cloud, "log">, directory: string): Balancer {
  const admin = adminClient(directory);
  const proxy = new ProxyProcess({ log, directory, admin });
  /** A proxy that has just ended is being started again: once more, then. */
  const patiently = async <R>(work: () => Promise<R>): Promise<R> => {
    await proxy.ready();
    try {
      return await work();
    } catch (error) {
      if (proxy.isRunning) throw error;
      await proxy.ready();
      return work();
    }
  };
  let turn: Promise<unknown> = Promise.resolve();
  return {
    // One after the other, so that the last configuration is the one that stays.
    configure(config) {
      const done = turn.catch(() => undefined).then(() => patiently(() => admin.configure(config)));
      turn = done;
      return done;
    },
    status: () => patiently(() => admin.status()),
    periodsAfter: (cursor) => patiently(() => admin.periodsAfter(cursor)),
    letGo: () => proxy.letGo(),
    end: () => proxy.end(),
  };
}
