import type { Clients, OperationInput, Operations } from "#local/cloud/index.ts";
import type { Deps } from "./deps.ts";
import { invalidParameter } from "./faults.ts";
import type { FunctionRecord } from "./store.ts";

type Lambda = Clients["lambda"];

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export const maxTimeoutSeconds = 900;
export const memorySizes = { least: 128, most: 10_240 };
/** All but 100 of the account's 1,000 concurrent executions: https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html */
const maxReservedConcurrency = 900;

/** Environment variables that Lambda sets itself. */
const reservedVariables =
  /^(_HANDLER|_X_AMZN_TRACE_ID|AWS_(DEFAULT_REGION|REGION|EXECUTION_ENV|LAMBDA_\w+|ACCESS_KEY|ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN)|LAMBDA_(TASK_ROOT|RUNTIME_DIR))$/;

export function checkVariables(variables: Readonly<Record<string, string>>): void {
  const reserved = Object.keys(variables).find((variable) => reservedVariables.test(variable));
  if (reserved === undefined) return;
  throw invalidParameter(
    `Lambda was unable to configure your environment variables because the variable ${reserved} is reserved.`,
  );
}

/** Changes to the configuration of a function. They retire its execution environments. */
export function configurationOperations(
  deps: Omit<Deps, "queue">,
  find: (name: string) => FunctionRecord,
): Pick<
  Operations<"lambda">,
  "updateFunctionConfiguration" | "getFunctionConcurrency" | "putFunctionConcurrency" | "deleteFunctionConcurrency"
> {
  return {
    updateFunctionConfiguration: ({ FunctionName, ...change }) => {
      const changed = { ...find(FunctionName), ...parsed(change) };
      return configurationOf(saveFunction(deps, changed));
    },
    getFunctionConcurrency: ({ FunctionName }) => concurrencyOf(find(FunctionName)),
    putFunctionConcurrency: ({ FunctionName, ReservedConcurrentExecutions: reservedConcurrency }) => {
      checkRange("ReservedConcurrentExecutions", reservedConcurrency, { least: 0, most: maxReservedConcurrency });
      return concurrencyOf(saveFunction(deps, { ...find(FunctionName), reservedConcurrency }));
    },
    deleteFunctionConcurrency: ({ FunctionName }) => {
      const { reservedConcurrency: _removed, ...rest } = find(FunctionName);
      saveFunction(deps, rest);
      return {};
    },
  };
}

type Change = Omit<OperationInput<Lambda, "updateFunctionConfiguration">, "FunctionName">;

function parsed({ Environment, Timeout, MemorySize, Description, ...others }: Change): Partial<FunctionRecord> {
  const [unsupported] = Object.entries(others).find(([, value]) => value !== undefined) ?? [];
  if (unsupported !== undefined)
    throw invalidParameter(
      `${unsupported} of UpdateFunctionConfiguration is not supported by the local cloud. Fix: leave it out.`,
    );
  if (Timeout !== undefined) checkRange("Timeout", Timeout, { least: 1, most: maxTimeoutSeconds });
  if (MemorySize !== undefined) checkRange("MemorySize", MemorySize, memorySizes);
  const environment = Environment?.Variables;
  if (environment) checkVariables(environment);
  return {
    ...(environment && { environment }),
    ...(Timeout !== undefined && { timeoutSeconds: Timeout }),
    ...(MemorySize !== undefined && { memorySize: MemorySize }),
    ...(Description !== undefined && { description: Description }),
  };
}

function checkRange(member: string, value: number, { least, most }: { least: number; most: number }): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw invalidParameter(`${member} must be an integer from ${least} to ${most}, not ${value}.`);
}

/** Saves a configuration for all later invocations and retires the execution environments of the previous one. */
export function saveFunction(
  { cloud, store, engine }: Omit<Deps, "queue">,
  definition: Omit<FunctionRecord, "lastModified" | "revisionId">,
): FunctionRecord {
  const lastModified = new Date(cloud.clock.now()).toISOString().replace("Z", "+0000");
  const changed = { ...definition, lastModified, revisionId: cloud.ids.uuid() };
  store.functions.put(changed.name, changed);
  engine.retire(changed.name);
  return changed;
}

export const concurrencyOf = ({ reservedConcurrency }: FunctionRecord) =>
  reservedConcurrency === undefined ? {} : { ReservedConcurrentExecutions: reservedConcurrency };

export function configurationOf(definition: FunctionRecord) {
  return {
    FunctionName: definition.name,
    FunctionArn: definition.arn,
    Runtime: "nodejs24.x" as const,
    Role: definition.roleArn,
    Handler: definition.handler,
    CodeSize: definition.codeSize,
    CodeSha256: definition.codeSha256,
    Description: definition.description,
    Timeout: definition.timeoutSeconds,
    MemorySize: definition.memorySize,
    LastModified: definition.lastModified,
    Version: "$LATEST",
    RevisionId: definition.revisionId,
    State: "Active" as const,
    LastUpdateStatus: "Successful" as const,
    PackageType: "Zip" as const,
    Environment: { Variables: { ...definition.environment } },
    LoggingConfig: { LogFormat: "Text" as const, LogGroup: definition.logGroupName },
  };
}
