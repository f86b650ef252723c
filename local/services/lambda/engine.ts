import type { Cloud } from "#local/cloud/index.ts";
import type { Answer, Invocation } from "./host.ts";
import { createPool, type Pool } from "./pool.ts";
import type { FunctionRecord } from "./store.ts";

/** Every function's sandboxes. */
export interface Engine {
  run(definition: FunctionRecord, invocation: Invocation, options: { mayWait: boolean }): Promise<Answer>;
  /** The function's sandboxes are of the past. */
  retire(functionName: string): void;
  stop(): Promise<void>;
}

export function createEngine(cloud: Cloud): Engine {
  const pools = new Map<string, Pool>();
  const poolOf = (definition: FunctionRecord) => {
    const known = pools.get(definition.name);
    if (known?.revisionId === definition.revisionId) return known;
    known?.retire();
    const pool = createPool(cloud, definition);
    pools.set(definition.name, pool);
    return pool;
  };
  return {
    async run(definition, invocation, options) {
      const answer = await poolOf(definition).run(invocation, options);
      // What ended because we stop did not fail: its caller takes it up again at the next start, so he must not hear of an end.
      if (cloud.stopping.aborted) await new Promise<never>(() => undefined);
      return answer;
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
