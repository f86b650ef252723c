import type { Deps } from "../deps.ts";
import { invalidParameter } from "../faults.ts";
import { checkVariables, findFunction, memorySize, saveFunction, timeoutSeconds } from "../functions.ts";
import type { Operations } from "../reads.ts";
import type { FunctionRecord } from "../store.ts";

/** All but 100 of the account's 1,000 concurrent executions: https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html */
const reservedConcurrency = { min: 0, max: 900 };

export const functionOperations = (deps: Deps) =>
  ({
    getFunction({ FunctionName, Qualifier }) {
      const definition = findFunction(deps, FunctionName, Qualifier);
      return {
        Configuration: configurationOf(definition),
        Code: { RepositoryType: "S3" },
        Concurrency: definition.reservedConcurrency === undefined ? undefined : concurrencyOf(definition),
      };
    },
    getFunctionConfiguration: ({ FunctionName, Qualifier }) =>
      configurationOf(findFunction(deps, FunctionName, Qualifier)),
    listFunctions: () => ({ Functions: deps.store.functions.list().map(configurationOf) }),
    updateFunctionConfiguration({ FunctionName, Environment, Timeout, MemorySize, Description }) {
      const definition = findFunction(deps, FunctionName);
      const change = {
        timeoutSeconds: Timeout ?? definition.timeoutSeconds,
        memorySize: MemorySize ?? definition.memorySize,
        environment: Environment?.Variables ?? definition.environment,
        description: Description ?? definition.description,
      };
      checkRange("Timeout", change.timeoutSeconds, timeoutSeconds);
      checkRange("MemorySize", change.memorySize, memorySize);
      checkVariables(change.environment);
      return configurationOf(saveFunction(deps, { ...definition, ...change }));
    },
    getFunctionConcurrency: ({ FunctionName }) => concurrencyOf(findFunction(deps, FunctionName)),
    putFunctionConcurrency({ FunctionName, ReservedConcurrentExecutions: reserved }) {
      checkRange("ReservedConcurrentExecutions", reserved, reservedConcurrency);
      return concurrencyOf(saveFunction(deps, { ...findFunction(deps, FunctionName), reservedConcurrency: reserved }));
    },
    deleteFunctionConcurrency({ FunctionName }) {
      saveFunction(deps, { ...findFunction(deps, FunctionName), reservedConcurrency: undefined });
      return {};
    },
  }) satisfies Partial<Operations>;

function checkRange(member: string, value: number, { min, max }: { min: number; max: number }): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw invalidParameter(`${member} must be an integer from ${min} to ${max}, not ${value}.`);
}

const concurrencyOf = (definition: FunctionRecord) => ({
  ReservedConcurrentExecutions: definition.reservedConcurrency,
});

const configurationOf = (definition: FunctionRecord) => ({
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
});
