import type { DeclaredInput, Inert, Operations as OperationsOf, Reads } from "#local/cloud/index.ts";

export const reads = {
  invoke: ["FunctionName", "InvocationType", "LogType", "ClientContext", "Payload", "Qualifier"],
  getFunction: ["FunctionName", "Qualifier"],
  getFunctionConfiguration: ["FunctionName", "Qualifier"],
  getFunctionUrlConfig: ["FunctionName"],
  listFunctions: [],
  updateFunctionConfiguration: ["FunctionName", "Environment", "Timeout", "MemorySize", "Description"],
  getFunctionConcurrency: ["FunctionName"],
  putFunctionConcurrency: ["FunctionName", "ReservedConcurrentExecutions"],
  deleteFunctionConcurrency: ["FunctionName"],
} as const satisfies Reads<"lambda">;

/** There are no other versions than `$LATEST`. */
export const inert = { listFunctions: [{ FunctionVersion: ["ALL"] }] } as const satisfies Inert<"lambda">;

export type Operations = OperationsOf<"lambda", typeof reads>;
export type Input<N extends keyof typeof reads> = DeclaredInput<"lambda", typeof reads, N>;
