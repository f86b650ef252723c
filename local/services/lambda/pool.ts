import type { Cloud } from "#local/cloud/index.ts";
import { rateExceeded } from "./errors.ts";
import { startHost, type Answer, type Host, type Invocation } from "./host.ts";
import type { FunctionRecord } from "./store.ts";

/** The sandboxes of one configuration of one function. */
export interface Pool {
  readonly revisionId: string;
  /** An asynchronous invocation waits for a free sandbox where a synchronous one is throttled. */
  run(invocation: Invocation, options: { mayWait: boolean }): Promise<Answer>;
  /** Takes no more invocations but those that wait already, at once; sandboxes end when they are free. */
  retire(): void;
  end(): Promise<void>;
}

/** differs from AWS: an account has 1,000 concurrent executions there; here more than this wait instead of being throttled. */
const defaultConcurrency = 10;
const idleSeconds = 300;

export function createPool(cloud: Cloud, definition: FunctionRecord): Pool {
  const limit = definition.reservedConcurrency ?? defaultConcurrency;
  const hosts = new Set<Host>();
  const idle = new Map<Host, { cancel(): void }>();
  const waiting: (() => void)[] = [];
  let running = 0;
  let isRetired = false;

  const drop = async (host: Host) => {
    idle.get(host)?.cancel();
    idle.delete(host);
    await host.end();
    hosts.delete(host);
  };
  /** The one used last, so that those beyond the need grow old. */
  const take = (): Host => {
    const host = [...idle.keys()].findLast((candidate) => candidate.isAlive()) ?? startHost(cloud, definition);
    idle.get(host)?.cancel();
    idle.delete(host);
    hosts.add(host);
    return host;
  };
  const release = (host: Host) => {
    if (isRetired || !host.isAlive()) void drop(host);
    else
      idle.set(
        host,
        cloud.clock.afterLimit(idleSeconds, () => void drop(host)),
      );
    const next = waiting.shift();
    if (next)
      next(); // takes our place
    else running -= 1;
  };
  const enter = async (mayWait: boolean) => {
    if (running < limit) running += 1;
    else if (definition.reservedConcurrency !== undefined && !mayWait) throw rateExceeded();
    else await new Promise<void>((resolve) => waiting.push(resolve));
  };
  return {
    revisionId: definition.revisionId,
    async run(invocation, { mayWait }) {
      await enter(mayWait);
      const host = take();
      try {
        return await host.run(invocation);
      } finally {
        release(host);
      }
    },
    retire() {
      isRetired = true;
      for (const host of idle.keys()) void drop(host);
      running += waiting.length;
      for (const next of waiting.splice(0)) next();
    },
    async end() {
      isRetired = true;
      await Promise.all([...hosts].map(drop));
    },
  };
}
