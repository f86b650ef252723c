import type { Store } from "#local/kernel/index.ts";

export interface FunctionRecord {
  name: string;
  arn: string;
  runtime: string;
  handler: string;
  roleArn: string;
  timeoutSeconds: number;
  memorySize: number;
  environment: Readonly<Record<string, string>>;
  description: string;
  logGroupName: string;
  reservedConcurrency?: number;
  codeDirectory: string;
  codeSha256: string;
  codeSize: number;
  lastModified: string;
  /** Tells one configuration from the next: sandboxes of an earlier one take no more invocations. */
  revisionId: string;
}

/** A statement of a function's resource policy. */
export interface PermissionRecord {
  functionName: string;
  action: string;
  principal: string;
  sourceArn?: string;
}

/** An asynchronous invocation that is not over. */
export interface QueuedInvocation {
  requestId: string;
  functionName: string;
  payload: string;
  /** Attempts that failed so far. */
  failures: number;
  dueAt: number;
}

export type LambdaStore = ReturnType<typeof createLambdaStore>;

export const createLambdaStore = (store: Store) => ({
  functions: store.collection<FunctionRecord>("lambda.functions"),
  permissions: store.collection<PermissionRecord>("lambda.permissions"),
  queue: store.collection<QueuedInvocation>("lambda.queue"),
});
