/** Messages between the control plane and the thread of a sandbox. */
export interface Boot {
  taskRoot: string;
  /** `index.handler`: file without extension, and name of the export. */
  handler: string;
  functionName: string;
  memorySize: number;
  logGroupName: string;
  logStreamName: string;
  /** File behind `/var/runtime/ca-cert.pem`: the certificate authorities of AWS services, including RDS. */
  authorities: string;
}

export interface Invoke {
  requestId: string;
  /** JSON. */
  payload: string;
  /** Wall-clock time of the invocation's timeout. */
  deadline: number;
  functionArn: string;
  /** JSON, from the caller's X-Amz-Client-Context. */
  clientContext?: string | undefined;
}

/** An error as Lambda's Node.js runtime reports it. */
export interface FunctionError {
  errorType: string;
  errorMessage: string;
  trace?: string[];
}

export type FromSandbox =
  | { kind: "ready" }
  | { kind: "line"; text: string }
  | { kind: "done"; payload: string }
  /** `isFatal`: the thread ends. */
  | { kind: "failed"; error: FunctionError; isFatal: boolean };
