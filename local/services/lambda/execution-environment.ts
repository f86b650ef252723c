import path from "node:path";
import type { Cloud } from "#local/cloud/index.ts";
import { openFunctionLog } from "./function-logs.ts";
import type { FunctionError } from "./protocol.ts";
import { startSandbox, type Outcome } from "./sandbox.ts";
import type { FunctionRecord } from "./store.ts";

export interface Invocation {
  requestId: string;
  /** JSON. */
  payload: string;
  clientContext?: string | undefined;
}

export interface InvocationResult {
  /** JSON: the result, or the error. */
  payload: string;
  isError: boolean;
  /** Lines logged during the invocation. */
  log: readonly string[];
}

/** A sandbox with its log stream and the START, END and REPORT lines. */
export interface ExecutionEnvironment {
  isAlive(): boolean;
  run(invocation: Invocation): Promise<InvocationResult>;
  end(): Promise<void>;
}

const maxResponseBytes = 6 * 1024 * 1024;

export function startExecutionEnvironment(cloud: Cloud, definition: FunctionRecord): ExecutionEnvironment {
  const log = openFunctionLog(cloud, definition);
  let lines: string[] = [];
  let isNew = true;
  const write = (text: string) => {
    lines.push(text);
    log.write(text);
  };
  const { name: functionName, codeDirectory: taskRoot, handler, memorySize, logGroupName } = definition;
  const authorities = path.join(cloud.directory("lambda"), "..", "rds", "rds-ca.pem");
  const sandbox = startSandbox({
    boot: { taskRoot, handler, functionName, memorySize, logGroupName, logStreamName: log.streamName, authorities },
    environment: environmentVariables(cloud, definition, log.streamName),
    clock: cloud.clock,
    onLine: write,
  });
  return {
    isAlive: () => sandbox.isAlive(),
    end: () => sandbox.end(),
    async run(invocation) {
      lines = [];
      const { requestId } = invocation;
      write(`START RequestId: ${requestId} Version: $LATEST`);
      const started = performance.now();
      const invoked = await sandbox.invoke({ ...invocation, functionArn: definition.arn }, definition.timeoutSeconds);
      const outcome = limitSize(invoked);
      const duration = performance.now() - started - (isNew ? (sandbox.initMilliseconds() ?? 0) : 0);
      if (outcome.kind === "failed" && outcome.isTimeout) {
        const limit = definition.timeoutSeconds.toFixed(2);
        write(`${new Date(cloud.clock.now()).toISOString()} ${requestId} Task timed out after ${limit} seconds`);
      }
      write(`END RequestId: ${requestId}`);
      write(
        report(definition, { requestId, outcome, duration, ...(isNew ? { init: sandbox.initMilliseconds() } : {}) }),
      );
      isNew = false;
      await log.flush();
      const payload = outcome.kind === "done" ? outcome.payload : JSON.stringify(outcome.error);
      return { payload, isError: outcome.kind === "failed", log: lines };
    },
  };
}

interface Run {
  requestId: string;
  outcome: Outcome;
  duration: number;
  init?: number | undefined;
}

function report({ memorySize }: FunctionRecord, { requestId, outcome, duration, init }: Run): string {
  const billed = Math.ceil(Math.max(duration, 0) + (init ?? 0));
  return [
    `REPORT RequestId: ${requestId}`,
    `Duration: ${Math.max(duration, 0).toFixed(2)} ms`,
    `Billed Duration: ${billed} ms`,
    `Memory Size: ${memorySize} MB`,
    // differs from AWS: the memory of a thread cannot be measured separately from its process.
    `Max Memory Used: ${memorySize} MB`,
    ...(init === undefined ? [] : [`Init Duration: ${init.toFixed(2)} ms`]),
    ...(outcome.kind === "failed" && outcome.isTimeout ? ["Status: timeout"] : []),
  ].join("\t");
}

function limitSize(outcome: Outcome): Outcome {
  if (outcome.kind === "failed") return outcome;
  const size = Buffer.byteLength(outcome.payload);
  if (size <= maxResponseBytes) return outcome;
  const errorMessage = `Response payload size (${size} bytes) exceeded maximum allowed payload size (${maxResponseBytes} bytes).`;
  const error: FunctionError = { errorType: "Function.ResponseSizeTooLarge", errorMessage };
  return { kind: "failed", isTimeout: false, error };
}

/** The complete environment of a function: nothing is inherited from the control plane. */
function environmentVariables(cloud: Cloud, definition: FunctionRecord, logStreamName: string): Record<string, string> {
  return {
    ...definition.environment,
    ...cloud.roleEnvironment(definition.roleArn, definition.name),
    GITHUB_API_URL: `${cloud.endpoint}/github-api`, // the stand-in
    _HANDLER: definition.handler,
    AWS_EXECUTION_ENV: `AWS_Lambda_${definition.runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: definition.name,
    AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(definition.memorySize),
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    AWS_LAMBDA_LOG_GROUP_NAME: definition.logGroupName,
    AWS_LAMBDA_LOG_STREAM_NAME: logStreamName,
    LAMBDA_TASK_ROOT: definition.codeDirectory,
    HOME: definition.codeDirectory, // so that the SDK does not find the user's AWS profile
    LANG: "en_US.UTF-8",
    PATH: "/usr/local/bin:/usr/bin:/bin",
    TZ: ":UTC",
  };
}
