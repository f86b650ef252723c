import type { Clients, Cloud, OperationInput, Operations } from "#local/cloud/index.ts";
import type { Engine } from "./engine.ts";
import { invalidParameter } from "./errors.ts";
import type { FunctionRecord, LambdaStore } from "./store.ts";

type Lambda = Clients["lambda"];

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export const longestTimeoutSeconds = 900;
export const memorySizes = { least: 128, most: 10_240 };
/** Of the account's 1,000 concurrent executions one function can have all but 100: https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html */
const mostConcurrency = 900;

/** Names that Lambda keeps for itself. */
const reservedVariables =
  /^(_HANDLER|_X_AMZN_TRACE_ID|AWS_(DEFAULT_REGION|REGION|EXECUTION_ENV|LAMBDA_\w+|ACCESS_KEY|ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN)|LAMBDA_(TASK_ROOT|RUNTIME_DIR))$/;

export function checkVariables(variables: Readonly<Record<string, string>>): void {
  const taken = Object.keys(variables).find((variable) => reservedVariables.test(variable));
  if (taken === undefined) return;
  throw invalidParameter(
    `Lambda was unable to configure your environment variables because the variable ${taken} is reserved.`,
  );
}

export interface Parts {
  cloud: Cloud;
  store: LambdaStore;
  engine: Engine;
}

/** What of a function can be changed by API. Its sandboxes are of the past then. */
export function configurationOperations(
  parts: Parts,
  find: (name: string) => FunctionRecord,
): Pick<
  Operations<Lambda>,
  "updateFunctionConfiguration" | "getFunctionConcurrency" | "putFunctionConcurrency" | "deleteFunctionConcurrency"
> {
  return {
    updateFunctionConfiguration: ({ FunctionName, ...change }) => {
      const changed = { ...find(FunctionName), ...parsed(change) };
      return configurationOf(saveFunction(parts, changed));
    },
    getFunctionConcurrency: ({ FunctionName }) => concurrencyOf(find(FunctionName)),
    putFunctionConcurrency: ({ FunctionName, ReservedConcurrentExecutions: reservedConcurrency }) => {
      checkRange("ReservedConcurrentExecutions", reservedConcurrency, { least: 0, most: mostConcurrency });
      return concurrencyOf(saveFunction(parts, { ...find(FunctionName), reservedConcurrency }));
    },
    deleteFunctionConcurrency: ({ FunctionName }) => {
      const { reservedConcurrency: _before, ...rest } = find(FunctionName);
      saveFunction(parts, rest);
      return {};
    },
  };
}

type Change = Omit<OperationInput<Lambda, "updateFunctionConfiguration">, "FunctionName">;

function parsed({ Environment, Timeout, MemorySize, Description, ...others }: Change): Partial<FunctionRecord> {
  const [unsupported] = Object.entries(others).find(([, value]) => value !== undefined) ?? [];
  if (unsupported !== undefined)
    throw invalidParameter(`${unsupported} of UpdateFunctionConfiguration is not supported by the local cloud.`);
  if (Timeout !== undefined) checkRange("Timeout", Timeout, { least: 1, most: longestTimeoutSeconds });
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
  throw invalidParameter(`${member} must be a whole number from ${least} to ${most}, not ${value}.`);
}

/** Invocations from now on run as it says: the sandboxes of what it was before take no more. */
export function saveFunction(
  { cloud, store, engine }: Parts,
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
