/** What the control plane asks of the worker that runs dynalite. */
export interface Question {
  id: number;
  operation: string;
  body: Uint8Array;
}

export interface Answer {
  id: number;
  status: number;
  headers: Record<string, string>;
  body: string;
}
