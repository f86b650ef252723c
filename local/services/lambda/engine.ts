import type { Cloud } from "#local/cloud/index.ts";
import type { InvocationResult, Invocation } from "./execution-environment.ts";
import { createPool, type Pool } from "./pool.ts";
import type { FunctionRecord } from "./store.ts";

/** The execution environments of all functions. */
export interface Engine {
  invoke(definition: FunctionRecord, invocation: Invocation, options: { mayWait: boolean }): Promise<InvocationResult>;
  /** Ends the execution environments of a function once they are idle. */
  retire(functionName: string): void;
  stop(): Promise<void>;
}

export function createEngine(cloud: Cloud): Engine {
  const pools = new Map<string, Pool>();
  const poolOf = (definition: FunctionRecord) => {
    const current = pools.get(definition.name);
    if (current?.revisionId === definition.revisionId) return current;
    current?.retire();
    const pool = createPool(cloud, definition);
    pools.set(definition.name, pool);
    return pool;
  };
  return {
    async invoke(definition, invocation, options) {
      const result = await poolOf(definition).run(invocation, options);
      // An invocation interrupted by a stop did not fail: its caller repeats it after the restart, so it must not receive a result.
      if (cloud.stopping.aborted) await new Promise<never>(() => undefined);
      return result;
    },
    retire(functionName) {
      pools.get(functionName)?.retire();
      pools.delete(functionName);
    },
    async stop() {
      await Promise.all([...pools.values()].map((pool) => pool.end()));
    },
  };
}
