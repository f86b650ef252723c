import { type HistoryEvent, paginateGetExecutionHistory } from "@aws-sdk/client-sfn";
import { readableCause } from "../../../lambdas/core/readable-cause.ts";
import type { Clients } from "../../../cli/stage/clients.ts";

/** One try of a step: from its start, or from a redrive, to its end. */
export interface StepAttempt {
  /** 0 before the first redrive. */
  redrive: number;
  startedAt: string;
  endedAt: string | null;
  status: "running" | "succeeded" | "failed";
  error: string | null;
  cause: string | null;
  /** How often the machine started the function again: heartbeats and retries. */
  calls: number;
  input: string | null;
  output: string | null;
}

export interface StepHistory {
  name: string;
  attempts: StepAttempt[];
}

export interface ExecutionHistory {
  status: "RUNNING" | "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED";
  /** In the order in which they first started. */
  steps: StepHistory[];
  /** States that were entered, also those that are not steps. */
  visited: string[];
  /** `<state> → <state>`, for each change from one to the next. */
  taken: string[];
  /** Times of redrives: between the end of an attempt and its redrive nothing ran. */
  redrivenAt: string[];
}

const ends: Readonly<Record<string, ExecutionHistory["status"]>> = {
  ExecutionSucceeded: "SUCCEEDED",
  ExecutionFailed: "FAILED",
  ExecutionTimedOut: "TIMED_OUT",
  ExecutionAborted: "ABORTED",
};

/** Reads the history of an execution as its steps and their attempts. */
export async function readSteps({ sfn }: Clients, executionArn: string): Promise<ExecutionHistory> {
  const reader = new HistoryReader();
  // The most that a page can have: https://docs.aws.amazon.com/step-functions/latest/apireference/API_GetExecutionHistory.html
  const pages = paginateGetExecutionHistory(
    { client: sfn, pageSize: 1000 },
    { executionArn, includeExecutionData: true },
  );
  for await (const page of pages) for (const event of page.events ?? []) reader.add(event);
  return reader.history;
}

export class HistoryReader {
  readonly history: ExecutionHistory = {
    status: "RUNNING",
    steps: [],
    visited: [],
    taken: [],
    redrivenAt: [],
  };
  #current: StepAttempt | undefined;
  #last: string | undefined;
  #isLockLost = false;

  add(event: HistoryEvent): void {
    const at = event.timestamp?.toISOString() ?? "";
    const entered = event.stateEnteredEventDetails?.name;
    if (entered !== undefined) this.#visit(entered);
    if (event.type === "TaskStateEntered" && entered !== undefined) {
      this.#start(entered, at, event.stateEnteredEventDetails?.input ?? null);
    }
    if (event.type === "TaskScheduled" && this.#current) this.#current.calls += 1;
    if (event.taskFailedEventDetails?.error === "LockNotHeld") this.#isLockLost = true;
    if (event.type === "TaskStateExited") this.#end(at, "succeeded", event.stateExitedEventDetails?.output);
    if (event.type === "ExecutionRedriven") this.#redrive(at);
    const status = ends[event.type ?? ""];
    if (status) this.#finish(status, event, at);
  }

  #visit(name: string): void {
    const { visited, taken } = this.history;
    const change = this.#last === undefined ? undefined : `${this.#last} → ${name}`;
    if (change !== undefined && !taken.includes(change)) taken.push(change);
    if (!visited.includes(name)) visited.push(name);
    this.#last = name;
  }

  #start(name: string, startedAt: string, input: string | null): void {
    const known = this.history.steps.find((step) => step.name === name);
    const step = known ?? { name, attempts: [] };
    if (!known) this.history.steps.push(step);
    this.#isLockLost = false;
    this.#current = {
      redrive: this.history.redrivenAt.length,
      startedAt,
      endedAt: null,
      status: "running",
      error: null,
      cause: null,
      calls: 0,
      input,
      output: null,
    };
    step.attempts.push(this.#current);
  }

  #end(at: string, status: "succeeded" | "failed", output: string | undefined): void {
    if (!this.#current) return;
    if (this.#isLockLost && status === "succeeded") return this.#forget();
    Object.assign(this.#current, { endedAt: at, status, output: output ?? null });
    this.#current = undefined;
  }

  /** A redriven step that needs the lock again did nothing: it is entered once more behind Acquire lock. */
  #forget(): void {
    for (const { attempts } of this.history.steps) if (attempts.at(-1) === this.#current) attempts.pop();
    this.#current = undefined;
  }

  #finish(status: ExecutionHistory["status"], event: HistoryEvent, at: string): void {
    this.history.status = status;
    const failure =
      event.executionFailedEventDetails ?? event.executionTimedOutEventDetails ?? event.executionAbortedEventDetails;
    const attempt = this.#current;
    if (status === "SUCCEEDED" || !attempt) return;
    this.#end(at, "failed", undefined);
    attempt.error = failure?.error ?? status;
    attempt.cause = failure?.cause === undefined ? null : readableCause(failure.cause);
  }

  /** The failed step runs again without being entered again. */
  #redrive(at: string): void {
    this.history.status = "RUNNING";
    this.history.redrivenAt.push(at);
    const step = this.history.steps.findLast(({ attempts }) => attempts.at(-1)?.status === "failed");
    if (step) this.#start(step.name, at, step.attempts.at(-1)?.input ?? null);
  }
}
