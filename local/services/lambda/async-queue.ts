import type { Cloud } from "#local/cloud/index.ts";
import type { Timer } from "#local/kernel/index.ts";
import type { Engine } from "./engine.ts";
import type { Store, QueuedInvocation } from "./store.ts";

/** Asynchronous invocations, stored until they succeed or fail three times, across restarts. */
export interface AsyncQueue {
  add(invocation: Pick<QueuedInvocation, "functionName" | "payload" | "requestId">): void;
  start(): void;
  stop(): void;
}

/** as AWS: one minute before the first retry, two before the second. */
const retryWaitSeconds = [60, 120];

export function createAsyncQueue(cloud: Cloud, store: Store, engine: Engine): AsyncQueue {
  const timers = new Map<string, Timer>();
  const arm = (queued: QueuedInvocation) => {
    timers.set(
      queued.requestId,
      cloud.clock.at(queued.dueAt, () => void attempt(queued)),
    );
  };
  const attempt = async (queued: QueuedInvocation) => {
    const { requestId, functionName, payload } = queued;
    timers.delete(requestId);
    const definition = store.functions.get(functionName);
    const result = definition && (await engine.invoke(definition, { requestId, payload }, { mayWait: true }));
    if (result?.isError) retry(queued, result.payload);
    else store.queue.delete(requestId);
  };
  const retry = (queued: QueuedInvocation, error: string) => {
    const { functionName, requestId, failures } = queued;
    const wait = retryWaitSeconds[failures];
    if (wait === undefined) {
      store.queue.delete(requestId);
      cloud.log("warn", "Asynchronous invocation dropped after three failures", {
        functionName,
        requestId,
        error,
      });
      return;
    }
    const next = { ...queued, failures: failures + 1, dueAt: cloud.clock.now() + cloud.clock.scaled(wait) };
    store.queue.put(requestId, next);
    arm(next);
  };
  return {
    add(invocation) {
      const queued = { ...invocation, failures: 0, dueAt: cloud.clock.now() };
      store.queue.put(queued.requestId, queued);
      arm(queued);
    },
    start: () => store.queue.list().forEach(arm),
    stop: () => timers.forEach((timer) => timer.cancel()),
  };
}
