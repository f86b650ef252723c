import { type HistoryEvent, paginateGetExecutionHistory } from "@aws-sdk/client-sfn";
import type { Clients } from "../stage/clients.ts";

export { listDeployments } from "../stage/records.ts";

/** One step of a deployment as its execution's history tells it. */
export interface StepProgress {
  name: string;
  startedAt: Date;
  endedAt?: Date;
}

export interface ExecutionProgress {
  status: "RUNNING" | "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED";
  steps: StepProgress[];
  /** Name of the state that the execution ended in, e.g. Superseded. */
  last: string | undefined;
  error?: string;
  cause?: string;
}

/** What an execution has done so far; the history is the truth, not the record. */
export async function executionProgress({ sfn }: Clients, executionArn: string): Promise<ExecutionProgress> {
  const progress: ExecutionProgress = { status: "RUNNING", steps: [], last: undefined };
  const pages = paginateGetExecutionHistory({ client: sfn }, { executionArn, includeExecutionData: true });
  for await (const page of pages) for (const event of page.events ?? []) take(progress, event);
  return progress;
}

const ends = {
  ExecutionSucceeded: "SUCCEEDED",
  ExecutionFailed: "FAILED",
  ExecutionTimedOut: "TIMED_OUT",
  ExecutionAborted: "ABORTED",
  ExecutionRedriven: "RUNNING",
} as const;

function take(progress: ExecutionProgress, event: HistoryEvent): void {
  const at = event.timestamp ?? new Date(0);
  const entered = event.stateEnteredEventDetails?.name;
  if (entered) progress.last = entered;
  if (event.type === "TaskStateEntered" && entered) enter(progress, entered, at);
  if (event.type === "TaskStateExited") {
    const step = progress.steps.findLast(({ name }) => name === event.stateExitedEventDetails?.name);
    if (step) step.endedAt = at;
  }
  if (event.type === "ExecutionRedriven") {
    delete progress.error;
    delete progress.cause;
  }
  if (event.type && event.type in ends) progress.status = ends[event.type as keyof typeof ends]; // `in` has just said so
  const failed =
    event.executionFailedEventDetails ?? event.executionTimedOutEventDetails ?? event.executionAbortedEventDetails;
  if (failed?.error) progress.error = failed.error;
  if (failed?.cause) progress.cause = failed.cause;
}

/** A step that is entered again (a redrive, a lock taken anew) goes on under the same name. */
function enter(progress: ExecutionProgress, name: string, startedAt: Date): void {
  const known = progress.steps.find((step) => step.name === name);
  if (known) delete known.endedAt;
  else progress.steps.push({ name, startedAt });
}
