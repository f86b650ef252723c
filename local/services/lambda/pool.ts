import type { Cloud } from "#local/cloud/index.ts";
import { fault } from "./faults.ts";
import {
  startExecutionEnvironment,
  type InvocationResult,
  type ExecutionEnvironment,
  type Invocation,
} from "./execution-environment.ts";
import type { FunctionRecord } from "./store.ts";

/** The execution environments of one revision of a function. */
export interface Pool {
  readonly revisionId: string;
  /** Throttles a synchronous invocation beyond the reserved concurrency; an asynchronous one waits. */
  run(invocation: Invocation, options: { mayWait: boolean }): Promise<InvocationResult>;
  /** Runs the waiting invocations at once and accepts no more; execution environments end when they are idle. */
  retire(): void;
  end(): Promise<void>;
}

/** differs from AWS: invocations beyond this wait, instead of being throttled beyond the account's 1,000. */
const defaultConcurrency = 10;
const idleSeconds = 300;

export function createPool(cloud: Cloud, definition: FunctionRecord): Pool {
  const limit = definition.reservedConcurrency ?? defaultConcurrency;
  const environments = new Set<ExecutionEnvironment>();
  const idle = new Map<ExecutionEnvironment, { cancel(): void }>();
  const waiting: (() => void)[] = [];
  let running = 0;
  let isRetired = false;

  const drop = async (environment: ExecutionEnvironment) => {
    idle.get(environment)?.cancel();
    idle.delete(environment);
    await environment.end();
    environments.delete(environment);
  };
  /** The most recently used idle one, so that surplus ones expire. */
  const acquire = (): ExecutionEnvironment => {
    const reusable = [...idle.keys()].findLast((candidate) => candidate.isAlive());
    const environment = reusable ?? startExecutionEnvironment(cloud, definition);
    idle.get(environment)?.cancel();
    idle.delete(environment);
    environments.add(environment);
    return environment;
  };
  const release = (environment: ExecutionEnvironment) => {
    const expire = () => void drop(environment);
    if (isRetired || !environment.isAlive()) expire();
    else idle.set(environment, cloud.clock.afterLimit(idleSeconds, expire));
    const next = waiting.shift();
    // The next invocation takes over the place of this one.
    if (next) next();
    else running -= 1;
  };
  const enter = async (mayWait: boolean) => {
    if (running < limit) running += 1;
    else if (definition.reservedConcurrency !== undefined && !mayWait)
      throw fault("TooManyRequestsException", "Rate Exceeded.", {
        Reason: "ReservedFunctionConcurrentInvocationLimitExceeded",
      });
    else await new Promise<void>((resolve) => waiting.push(resolve));
  };
  return {
    revisionId: definition.revisionId,
    async run(invocation, { mayWait }) {
      await enter(mayWait);
      const environment = acquire();
      try {
        return await environment.run(invocation);
      } finally {
        release(environment);
      }
    },
    retire() {
      isRetired = true;
      for (const environment of idle.keys()) void drop(environment);
      running += waiting.length;
      for (const next of waiting.splice(0)) next();
    },
    async end() {
      isRetired = true;
      await Promise.all([...environments].map(drop));
    },
  };
}
