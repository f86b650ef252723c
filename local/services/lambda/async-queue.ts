import { createDriver, type Cloud } from "#local/cloud/index.ts";
import type { Engine } from "./engine.ts";
import type { QueuedInvocation, Store } from "./store.ts";

/** Asynchronous invocations, stored until they succeed or fail three times, across restarts. */
export interface AsyncQueue {
  add(invocation: Pick<QueuedInvocation, "functionName" | "payload" | "requestId">): void;
  start(): void;
}

/** as AWS: one minute before the first retry, two before the second. */
const retryWaitSeconds = [60, 120];

export function createAsyncQueue(cloud: Cloud, store: Store, engine: Engine): AsyncQueue {
  const retryOrDrop = (queued: QueuedInvocation, error: string) => {
    const { functionName, requestId, failures } = queued;
    const wait = retryWaitSeconds[failures];
    if (wait !== undefined) {
      store.queue.save({ ...queued, failures: failures + 1, dueAt: cloud.clock.now() + cloud.clock.scaled(wait) });
      return "again";
    }
    store.queue.delete(requestId);
    const details = { functionName, requestId, error };
    cloud.log("warn", "Asynchronous invocation dropped after three failures", details);
    return "done";
  };
  const driver = createDriver({
    cloud,
    name: "asynchronous invocations",
    async step(requestId) {
      const queued = store.queue.get(requestId);
      if (!queued) return "done";
      await driver.pause(requestId, queued.dueAt);
      if (cloud.stopping.aborted) return "done";
      const definition = store.functions.get(queued.functionName);
      const invocation = { requestId, payload: queued.payload };
      const result = definition && (await engine.invoke(definition, invocation, { mayWait: true }));
      if (result?.isError) return retryOrDrop(queued, result.payload);
      store.queue.delete(requestId);
      return "done";
    },
    failed({ key, error }) {
      cloud.log("error", "Asynchronous invocation failed with an internal error", { requestId: key, err: error });
      return undefined;
    },
  });
  return {
    add(invocation) {
      const { requestId } = store.queue.save({ ...invocation, failures: 0, dueAt: cloud.clock.now() });
      driver.drive(requestId);
    },
    start: () => store.queue.keys().forEach((requestId) => driver.drive(requestId)),
  };
}
