/** Request from the control plane to the process that runs dynalite. */
export interface WorkerRequest {
  id: number;
  operation: string;
  body: Uint8Array;
}

export interface WorkerResponse {
  id: number;
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** Sent once when the process has opened its tables, or could not. */
export type WorkerStart = { kind: "ready" } | { kind: "failed"; reason: string; isDamaged: boolean };
