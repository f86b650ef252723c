import type { Operations as OperationsOf, Reads } from "#local/cloud/index.ts";

export const reads = { getCallerIdentity: [] } as const satisfies Reads<"sts">;

export type Operations = OperationsOf<"sts", typeof reads>;
