import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { Worker } from "node:worker_threads";
import type { Clock } from "#local/kernel/index.ts";
import type { Boot, FromSandbox, FunctionError, Invoke } from "./protocol.ts";

/** Outcome of an invocation. */
export type Outcome = { kind: "done"; payload: string } | { kind: "failed"; error: FunctionError; isTimeout: boolean };

export interface SandboxRequest {
  boot: Boot;
  /** The complete environment of the function. */
  environment: Readonly<Record<string, string>>;
  clock: Clock;
  onLine: (text: string) => void;
}

/** A thread that runs a function, one invocation at a time. */
export interface Sandbox {
  /** False once the thread has ended or must not be reused. */
  isAlive(): boolean;
  /** Load time of the code; undefined while it loads. */
  initMilliseconds(): number | undefined;
  invoke(invoke: Omit<Invoke, "deadline">, timeoutSeconds: number): Promise<Outcome>;
  end(): Promise<void>;
}

const initSeconds = 10;

const runtimeFile = new URL(import.meta.resolve("#local/services/lambda/runtime.ts"));
const text = readFileSync(runtimeFile, "utf8");
// Compiled once here: stripping types in every thread would double the time of a cold start.
const runtime = runtimeFile.pathname.endsWith(".ts") ? stripTypeScriptTypes(text) : text;
// Stack traces name the file that they name on AWS, and not the URL with the complete code.
const source = `${runtime}\n//# sourceURL=file:///var/runtime/index.mjs`;
const runtimeUrl = new URL(`data:text/javascript,${encodeURIComponent(source)}`);

export function startSandbox(request: SandboxRequest): Sandbox {
  const { boot, environment, clock } = request;
  const worker = new Worker(runtimeUrl, {
    name: boot.functionName,
    workerData: boot,
    env: { ...environment },
    argv: [],
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: boot.memorySize },
  });
  const state: State = { isAlive: true, initMilliseconds: undefined, outcomes: createOutcomes() };
  listen(worker, state, request);
  const within = async (seconds: number, requestId: string): Promise<Outcome> => {
    const timeout = Promise.withResolvers<Outcome>();
    const timer = clock.afterLimit(seconds, () => {
      state.isAlive = false;
      void worker.terminate();
      timeout.resolve({ kind: "failed", error: timedOut(requestId, seconds), isTimeout: true });
    });
    const outcome = await Promise.race([state.outcomes.next(), timeout.promise]);
    timer.cancel();
    return outcome;
  };
  const ready = within(initSeconds, "undefined");
  return {
    isAlive: () => state.isAlive,
    initMilliseconds: () => state.initMilliseconds,
    async invoke(invoke, timeoutSeconds) {
      const loaded = await ready;
      if (loaded.kind === "failed") return withRequestId(loaded, invoke.requestId);
      const outcome = within(timeoutSeconds, invoke.requestId);
      const deadline = clock.now() + timeoutSeconds * 1000;
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
      worker.postMessage({ ...invoke, deadline } satisfies Invoke);
      return withRequestId(await outcome, invoke.requestId);
    },
    async end() {
      state.isAlive = false;
      await worker.terminate();
    },
  };
}

interface State {
  isAlive: boolean;
  initMilliseconds: number | undefined;
  outcomes: ReturnType<typeof createOutcomes>;
}

function listen(worker: Worker, state: State, request: SandboxRequest): void {
  const started = request.clock.now();
  const fail = (error: FunctionError, isFatal: boolean) => {
    state.isAlive &&= !isFatal;
    state.outcomes.put({ kind: "failed", error, isTimeout: false });
  };
  const exited = (errorMessage: string) => fail({ errorType: "Runtime.ExitError", errorMessage }, true);
  worker.on("message", (message: FromSandbox) => {
    switch (message.kind) {
      case "line":
        return request.onLine(message.text);
      case "ready":
        state.initMilliseconds = request.clock.now() - started;
        return state.outcomes.put({ kind: "done", payload: "" });
      case "done":
        return state.outcomes.put(message);
      case "failed":
        return fail(message.error, message.isFatal);
    }
  });
  worker.on("error", (error) => exited(error instanceof Error ? error.message : String(error)));
  worker.on("exit", (code) => exited(`Runtime exited with error: exit status ${code}`));
}

/** A queue of one outcome, which may arrive before or after `next` is called. */
function createOutcomes() {
  let waiting = Promise.withResolvers<Outcome>();
  return {
    put: (outcome: Outcome) => waiting.resolve(outcome),
    async next() {
      const outcome = await waiting.promise;
      waiting = Promise.withResolvers();
      return outcome;
    },
  };
}

const timedOut = (requestId: string, seconds: number): FunctionError => ({
  errorType: "Sandbox.Timedout",
  errorMessage: `RequestId: ${requestId} Error: Task timed out after ${seconds.toFixed(2)} seconds`,
});

/** as AWS: errors of the runtime, not those of the function, contain the request id. */
function withRequestId(outcome: Outcome, requestId: string): Outcome {
  if (outcome.kind === "done" || outcome.error.errorType !== "Runtime.ExitError") return outcome;
  const errorMessage = `RequestId: ${requestId} Error: ${outcome.error.errorMessage}`;
  return { ...outcome, error: { ...outcome.error, errorMessage } };
}
