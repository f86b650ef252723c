// The counterpart of AWS's Node.js runtime, run in the thread of a sandbox. It imports only types from this repository.
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { pathToFileURL } from "node:url";
import { format } from "node:util";
import { parentPort, workerData } from "node:worker_threads";
import type { Boot, FromSandbox, FunctionError, Invoke } from "./protocol.ts";

type Handler = (event: unknown, context: object) => unknown;

const boot: Boot = workerData;
let current: Invoke | undefined;

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
const post = (message: FromSandbox) => parentPort?.postMessage(message);

captureOutput();
process.on("uncaughtException", (error, origin) => {
  const isRejection = origin === "unhandledRejection";
  const described = describe(error);
  fail(isRejection ? { ...described, errorType: "Runtime.UnhandledPromiseRejection" } : described, true);
});
await start();

async function start(): Promise<void> {
  try {
    trustAuthorities();
    const handler = await loadHandler();
    parentPort?.on("message", (invoke: Invoke) => void run(handler, invoke));
    post({ kind: "ready" });
  } catch (error) {
    fail(describe(error), true);
  }
}

/** as AWS: Node also trusts NODE_EXTRA_CA_CERTS; it reads that variable only once per process, so a thread has to do it itself. */
function trustAuthorities(): void {
  const configured = process.env.NODE_EXTRA_CA_CERTS;
  const file = configured === "/var/runtime/ca-cert.pem" ? boot.authorities : configured;
  if (file === undefined || !existsSync(file)) return;
  setDefaultCACertificates([...getCACertificates("default"), readFileSync(file, "utf8")]);
}

async function run(handler: Handler, invoke: Invoke): Promise<void> {
  current = invoke;
  try {
    const result = await handler(JSON.parse(invoke.payload), contextOf(invoke));
    post({ kind: "done", payload: JSON.stringify(result) ?? "null" });
  } catch (error) {
    fail(describe(error), false);
  }
}

function fail(error: FunctionError, isFatal: boolean): void {
  const { errorType, errorMessage, trace = [] } = error;
  const details = { errorType, errorMessage, stack: trace };
  emit("ERROR", `${isFatal ? "Uncaught Exception" : "Invoke Error"} \t${JSON.stringify(details)}`);
  post({ kind: "failed", error, isFatal });
  if (isFatal) process.exit(1);
}

async function loadHandler(): Promise<Handler> {
  const { base: name } = path.parse(boot.handler);
  const dot = name.indexOf(".");
  const stem = path.join(boot.taskRoot, path.dirname(boot.handler), name.slice(0, dot));
  const exportName = name.slice(dot + 1);
  const file = [".js", ".mjs", ".cjs"].map((ending) => stem + ending).find((candidate) => existsSync(candidate));
  if (!file) throw errorNamed("Runtime.ImportModuleError", `Error: Cannot find module '${path.basename(stem)}'`);
  const module: Record<string, unknown> = await import(pathToFileURL(file).href);
  const fallback: unknown = module.default; // of a CommonJS module whose exports Node could not detect
  const handler = module[exportName] ?? Object(fallback)[exportName];
  if (typeof handler !== "function") {
    throw errorNamed("Runtime.HandlerNotFound", `${boot.handler} is undefined or not exported`);
  }
  if (handler.length > 2) {
    throw errorNamed(
      "Runtime.CallbackHandlerDeprecated",
      "AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. You need to modify this function to use a supported handler signature to use Node.js 24 or later.",
    );
  }
  return handler as Handler;
}

function errorNamed(name: string, message: string): Error {
  const error = new Error(message);
  error.name = name;
  return error;
}

function describe(thrown: unknown): FunctionError {
  if (!(thrown instanceof Error) && !isErrorOfAnotherRealm(thrown)) {
    return { errorType: typeof thrown, errorMessage: String(thrown), trace: [] };
  }
  const { name, message, stack } = thrown;
  const errorType = name === "SyntaxError" && !current ? "Runtime.UserCodeSyntaxError" : name;
  return { errorType, errorMessage: message, trace: stack?.split("\n") ?? [] };
}

const isErrorOfAnotherRealm = (thrown: unknown): thrown is Error =>
  Object.prototype.toString.call(thrown) === "[object Error]";

function contextOf(invoke: Invoke) {
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: boot.functionName,
    functionVersion: "$LATEST",
    invokedFunctionArn: invoke.functionArn,
    memoryLimitInMB: String(boot.memorySize),
    awsRequestId: invoke.requestId,
    logGroupName: boot.logGroupName,
    logStreamName: boot.logStreamName,
    ...(invoke.clientContext === undefined ? {} : { clientContext: JSON.parse(invoke.clientContext) }),
    getRemainingTimeInMillis: () => Math.max(invoke.deadline - Date.now(), 0),
  };
}

function captureOutput(): void {
  const levels = { log: "INFO", info: "INFO", debug: "DEBUG", warn: "WARN", error: "ERROR", trace: "TRACE" } as const;
  for (const [method, level] of Object.entries(levels)) {
    Reflect.set(console, method, (...values: unknown[]) => emit(level, format(...values)));
  }
  for (const stream of [process.stdout, process.stderr]) {
    stream.write = (chunk: string | Uint8Array, ...rest: unknown[]) => {
      const text = typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8");
      for (const line of text.replace(/\n$/, "").split("\n")) post({ kind: "line", text: line });
      const done = rest.at(-1);
      if (typeof done === "function") done();
      return true;
    };
  }
}

function emit(level: string, text: string): void {
  const requestId = current?.requestId ?? "undefined"; // as AWS, before the first invocation
  post({ kind: "line", text: `${new Date().toISOString()}\t${requestId}\t${level}\t${text}` });
}
