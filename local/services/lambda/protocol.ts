/** What the control plane and a sandbox's thread say to each other. */
export interface Boot {
  taskRoot: string;
  /** `index.handler`: file without its ending, and the name it exports. */
  handler: string;
  functionName: string;
  memorySize: number;
  logGroupName: string;
  logStreamName: string;
  /** What `/var/runtime/ca-cert.pem` stands for: the authorities of Amazon's own services, RDS among them. */
  authorities: string;
}

export interface Invoke {
  requestId: string;
  /** JSON. */
  payload: string;
  /** Wall-clock time at which the invocation is ended. */
  deadline: number;
  functionArn: string;
  /** JSON, from the caller's X-Amz-Client-Context. */
  clientContext?: string;
}

/** As Lambda's Node.js runtime tells an error. */
export interface FunctionError {
  errorType: string;
  errorMessage: string;
  trace?: string[];
}

export type FromSandbox =
  | { kind: "ready" }
  | { kind: "line"; text: string }
  | { kind: "done"; payload: string }
  /** `isFatal` means that the thread ends. */
  | { kind: "failed"; error: FunctionError; isFatal: boolean };
