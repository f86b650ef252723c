import type { Deps } from "./deps.ts";
import { functionNotFound, invalidParameter } from "./faults.ts";
import { functionArn, functionNameOf } from "./names.ts";
import type { FunctionRecord } from "./store.ts";

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export const timeoutSeconds = { min: 1, max: 900 };
export const memorySize = { min: 128, max: 10_240 };

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

export function findFunction({ cloud, store }: Deps, nameOrArn: string, qualifier?: string): FunctionRecord {
  const name = functionNameOf(cloud, nameOrArn, qualifier);
  const definition = store.functions.get(name);
  if (definition) return definition;
  throw functionNotFound(`${functionArn(cloud, name)}${qualifier === undefined ? "" : `:${qualifier}`}`);
}

/** Saves a configuration for all later invocations and retires the execution environments of the previous one. */
export function saveFunction(
  { cloud, store, engine }: Deps,
  definition: Omit<FunctionRecord, "lastModified" | "revisionId">,
): FunctionRecord {
  const lastModified = new Date(cloud.clock.now()).toISOString().replace("Z", "+0000");
  engine.retire(definition.name);
  return store.functions.save({ ...definition, lastModified, revisionId: cloud.ids.uuid() });
}
