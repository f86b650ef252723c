import { type HistoryEvent, paginateGetExecutionHistory } from "@aws-sdk/client-sfn";
import { readableCause } from "../../lambdas/core/readable-cause.ts";
import type { Clients } from "./clients.ts";

/** One visit of a step. A step that is started over has several. */
export interface StepProgress {
  name: string;
  startedAt: Date;
  endedAt?: Date;
  /** It ended with the execution. */
  failed?: boolean;
}

export interface ExecutionProgress {
  status: "RUNNING" | "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED";
  /** In the order in which they started. */
  steps: StepProgress[];
  /** Name of the last state entered, e.g. Superseded. */
  last: string | undefined;
  /** As Step Functions charges them: each state that was executed, and each retry. */
  transitions: number;
  error?: string;
  cause?: string;
}

/** The progress of an execution by its history. */
export async function executionProgress({ sfn }: Clients, executionArn: string): Promise<ExecutionProgress> {
  const progress: ExecutionProgress = { status: "RUNNING", steps: [], last: undefined, transitions: 0 };
  const pages = paginateGetExecutionHistory(
    { client: sfn, pageSize: 1000 },
    { executionArn, includeExecutionData: true },
  );
  for await (const page of pages) for (const event of page.events ?? []) applyEvent(progress, event);
  return progress;
}

/** The step that failed, or that runs now. */
export function currentStepName({ steps }: ExecutionProgress): string {
  return steps.at(-1)?.name ?? "start";
}

const ends = {
  ExecutionSucceeded: "SUCCEEDED",
  ExecutionFailed: "FAILED",
  ExecutionTimedOut: "TIMED_OUT",
  ExecutionAborted: "ABORTED",
} as const;

export function applyEvent(progress: ExecutionProgress, event: HistoryEvent): void {
  const at = event.timestamp ?? new Date(0);
  const entered = event.stateEnteredEventDetails?.name;
  if (entered) progress.last = entered;
  // A task is scheduled again by each retry, and by a redrive, without being entered again.
  if (event.type === "TaskScheduled" || (entered && event.type !== "TaskStateEntered")) progress.transitions += 1;
  if (event.type === "TaskStateEntered" && entered) enter(progress, entered, at);
  if (event.type === "TaskStateExited") {
    const step = progress.steps.findLast(({ name }) => name === event.stateExitedEventDetails?.name);
    if (step) step.endedAt = at;
  }
  if (event.type === "ExecutionRedriven") redrive(progress, at);
  if (event.type && event.type in ends) end(progress, ends[event.type as keyof typeof ends], at); // checked by `in`
  const failed =
    event.executionFailedEventDetails ?? event.executionTimedOutEventDetails ?? event.executionAbortedEventDetails;
  if (failed?.error) progress.error = failed.error;
  if (failed?.cause) progress.cause = readableCause(failed.cause);
}

/** A step that polls is entered again and again; that is one visit. */
function enter({ steps }: ExecutionProgress, name: string, startedAt: Date): void {
  const last = steps.at(-1);
  if (last?.name === name) delete last.endedAt;
  else steps.push({ name, startedAt });
}

function end(progress: ExecutionProgress, status: ExecutionProgress["status"], at: Date): void {
  progress.status = status;
  const last = progress.steps.at(-1);
  if (last && !last.endedAt) Object.assign(last, { endedAt: at, failed: true });
}

/** The failed step runs again, without being entered again: the time until the redrive is not its own. */
function redrive(progress: ExecutionProgress, at: Date): void {
  progress.status = "RUNNING";
  delete progress.error;
  delete progress.cause;
  const last = progress.steps.at(-1);
  if (!last?.failed) return;
  last.startedAt = at;
  delete last.endedAt;
  delete last.failed;
}
