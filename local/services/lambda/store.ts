import { records, type Cloud } from "#local/cloud/index.ts";

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
  reservedConcurrency?: number | undefined;
  codeDirectory: string;
  codeSha256: string;
  codeSize: number;
  lastModified: string;
  /** Changes with every update: execution environments of an earlier revision accept no more invocations. */
  revisionId: string;
}

/** A statement in the resource policy of a function. */
export interface PermissionRecord {
  functionName: string;
  action: string;
  principal: string;
  sourceArn?: string | undefined;
  /** For requests to the function's URL only. */
  forUrl?: boolean | undefined;
}

/** A function as an HTTP endpoint. */
export interface FunctionUrlRecord {
  id: string;
  functionName: string;
  functionArn: string;
}

/** A pending asynchronous invocation. */
export interface QueuedInvocation {
  requestId: string;
  functionName: string;
  payload: string;
  /** Failed attempts so far. */
  failures: number;
  dueAt: number;
}

export type Store = ReturnType<typeof openStore>;

export const openStore = ({ store }: Cloud) => ({
  functions: records<FunctionRecord>(store, "lambda.functions", ({ name }) => name),
  permissions: store.collection<PermissionRecord>("lambda.permissions"),
  functionUrls: records<FunctionUrlRecord>(store, "lambda.urls", ({ id }) => id),
  queue: records<QueuedInvocation>(store, "lambda.queue", ({ requestId }) => requestId),
});
