import type { Catcher, Retrier } from "./definition.ts";
import { exitState } from "./exit-state.ts";
import { deleteBranches, type Frame } from "./execution.ts";
import { QueryEvaluationError } from "./expressions.ts";
import {
  stateErrorPrefix,
  record,
  StateFailed,
  stepOf,
  type Failure,
  type Step,
  type Transition,
} from "./transition.ts";

/** States.ALL does not match these: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html */
const terminal = new Set(["States.DataLimitExceeded", "States.Runtime"]);

/** Whether one of the ErrorEquals of a Retry or Catch matches the failure. */
function matchesError(names: readonly string[], { error, isHeartbeat = false }: Failure): boolean {
  if (error === "States.Runtime") return false;
  const isTerminal = error !== undefined && terminal.has(error);
  const matches = (name: string) => {
    if (name === error) return true;
    if (name === "States.HeartbeatTimeout") return isHeartbeat;
    if (name === "States.ALL") return !isTerminal;
    return name === "States.TaskFailed" && !isTerminal && error !== "States.Timeout";
  };
  return names.some(matches);
}

/** Runs work of a state; when it fails, the state's Retry and Catch apply, or the frame fails. */
export async function withErrorHandling(step: Step, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    await failState(step, failureOf(step, error));
  }
}

/** Retries the state, continues at the Next of a Catch, or fails the frame. */
export async function failState(step: Step, failure: Failure): Promise<void> {
  const { Retry = [], Catch = [] } = step.state.Type === "Task" || step.state.Type === "Parallel" ? step.state : {};
  const index = Retry.findIndex(({ ErrorEquals }) => matchesError(ErrorEquals, failure));
  const retrier = Retry[index];
  const attempts = step.frame.retries[index] ?? 0;
  if (retrier && attempts < retrier.MaxAttempts) {
    step.frame.retries = Retry.map((_, at) => (step.frame.retries[at] ?? 0) + (at === index ? 1 : 0));
    deleteBranches(step.transition.execution, step.frame);
    step.frame.position = { kind: "retrying", until: step.transition.now + delayOf(step, retrier, attempts) };
    return;
  }
  const catcherIndex = Catch.findIndex(({ ErrorEquals }) => matchesError(ErrorEquals, failure));
  const catcher = Catch[catcherIndex];
  if (!catcher) return failFrame(step, failure);
  try {
    await runCatcher(step, { catcher, index: catcherIndex, failure });
  } catch (error) {
    await failFrame(step, failureOf(step, error));
  }
}

async function runCatcher(step: Step, at: { catcher: Catcher; index: number; failure: Failure }): Promise<void> {
  const { error, cause } = at.failure;
  const errorOutput = { ...(error !== undefined && { Error: error }), ...(cause !== undefined && { Cause: cause }) };
  deleteBranches(step.transition.execution, step.frame);
  await exitState(step, {
    fields: at.catcher,
    prefix: `Catch[${at.index}]/`,
    more: { errorOutput },
    defaultOutput: errorOutput,
    next: at.catcher.Next,
  });
}

/** Milliseconds until the next attempt: a configured wait, which `--speed` shortens. */
function delayOf({ transition: { cloud } }: Step, retrier: Retrier, attempts: number): number {
  const { IntervalSeconds, BackoffRate, MaxDelaySeconds = Number.POSITIVE_INFINITY, JitterStrategy } = retrier;
  const seconds = Math.min(IntervalSeconds * BackoffRate ** attempts, MaxDelaySeconds, 31_622_400);
  const share = JitterStrategy === "FULL" ? Number.parseInt(cloud.ids.hex(8), 16) / 2 ** 32 : 1;
  return cloud.clock.scaled(seconds * share);
}

async function failFrame({ transition, frame }: Step, failure: Failure): Promise<void> {
  const { execution } = transition;
  if (frame.position.kind !== "branching") frame.position = { kind: "failed" };
  if (!frame.parent) return failExecution(transition, failure, frame);
  for (const other of Object.values(execution.frames)) {
    if (other.id !== frame.id && other.id.startsWith(`${frame.parent.frame}/`)) abortFrame(transition, other, frame);
  }
  const parent = execution.frames[frame.parent.frame];
  if (!parent) throw new Error(`Frame ${frame.id} of ${execution.arn} has no parent`);
  parent.lastEventId = frame.lastEventId;
  record(transition, { type: "ParallelStateFailed" }, parent);
  await failState(stepOf(transition, parent), failure);
}

/** Aborts a running frame because another branch failed; a redrive runs its state again. */
function abortFrame(transition: Transition, frame: Frame, failed: Frame): void {
  const { kind } = frame.position;
  if (kind === "ended" || kind === "failed" || kind === "entering") return;
  const { Type } = stepOf(transition, frame).state;
  frame.lastEventId = failed.lastEventId;
  if (Type === "Task" || Type === "Wait" || Type === "Parallel") {
    record(transition, { type: `${Type}StateAborted` }, frame);
  }
  if (kind !== "branching") frame.position = { kind: "failed" };
}

export function failExecution(transition: Transition, { error, cause }: Failure, frame?: Frame): void {
  record(transition, { type: "ExecutionFailed", executionFailedEventDetails: { error, cause } }, frame);
  Object.assign(transition.execution, { status: "FAILED", stopDate: transition.now, error, cause });
}

function failureOf(step: Step, error: unknown): Failure {
  if (error instanceof StateFailed) return error.failure;
  if (!(error instanceof QueryEvaluationError)) throw error;
  const failure = { error: "States.QueryEvaluationError", cause: `${stateErrorPrefix(step)} ${error.message}` };
  const details = { ...failure, location: error.location, state: step.frame.state };
  record(step.transition, { type: "EvaluationFailed", evaluationFailedEventDetails: details }, step.frame);
  return failure;
}
