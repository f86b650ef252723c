import type { Catcher, Retrier } from "./definition.ts";
import { forgetBranches, type Frame } from "./execution.ts";
import { QueryEvaluationError } from "./expressions.ts";
import { leave } from "./leave.ts";
import { record, StateFailed, stepOf, type Failure, type Step, type Turn } from "./turn.ts";

/** States.ALL does not match these: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html */
const terminal = new Set(["States.DataLimitExceeded", "States.Runtime"]);

/** Whether one of the names of a Retry or Catch stands for the failure. */
function matchesError(names: readonly string[], { error, isHeartbeat = false }: Failure): boolean {
  if (error === "States.Runtime") return false;
  const isTerminal = error !== undefined && terminal.has(error);
  const isNamed = (name: string) => {
    if (name === error) return true;
    if (name === "States.HeartbeatTimeout") return isHeartbeat;
    if (name === "States.ALL") return !isTerminal;
    return name === "States.TaskFailed" && !isTerminal && error !== "States.Timeout";
  };
  return names.some(isNamed);
}

/** Does something in a state; when it fails, the state's Retry and Catch decide, or the frame fails. */
export async function attempt(step: Step, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    await fail(step, failureOf(step, error));
  }
}

/** The state has failed: retry, go on where a Catch leads, or fail the frame. */
export async function fail(step: Step, failure: Failure): Promise<void> {
  const { Retry = [], Catch = [] } = step.state.Type === "Task" || step.state.Type === "Parallel" ? step.state : {};
  const index = Retry.findIndex(({ ErrorEquals }) => matchesError(ErrorEquals, failure));
  const retrier = Retry[index];
  const attempts = step.frame.retries[index] ?? 0;
  if (retrier && attempts < retrier.MaxAttempts) {
    step.frame.retries = Retry.map((_, at) => (step.frame.retries[at] ?? 0) + (at === index ? 1 : 0));
    forgetBranches(step.turn.execution, step.frame);
    step.frame.position = { kind: "retrying", until: step.turn.now + delayOf(step, retrier, attempts) };
    return;
  }
  const caught = Catch.findIndex(({ ErrorEquals }) => matchesError(ErrorEquals, failure));
  const catcher = Catch[caught];
  if (!catcher) return failFrame(step, failure);
  try {
    await follow(step, { catcher, index: caught, failure });
  } catch (error) {
    await failFrame(step, failureOf(step, error));
  }
}

async function follow(step: Step, at: { catcher: Catcher; index: number; failure: Failure }): Promise<void> {
  const { error, cause } = at.failure;
  const errorOutput = {
    ...(error === undefined ? {} : { Error: error }),
    ...(cause === undefined ? {} : { Cause: cause }),
  };
  forgetBranches(step.turn.execution, step.frame);
  await leave(step, {
    fields: at.catcher,
    prefix: `Catch[${at.index}]/`,
    more: { errorOutput },
    otherwise: errorOutput,
    next: at.catcher.Next,
  });
}

/** Milliseconds until the next attempt: a configured wait, which `--speed` shrinks. */
function delayOf({ turn }: Step, retrier: Retrier, attempts: number): number {
  const { IntervalSeconds, BackoffRate, MaxDelaySeconds = Number.POSITIVE_INFINITY, JitterStrategy } = retrier;
  const seconds = Math.min(IntervalSeconds * BackoffRate ** attempts, MaxDelaySeconds, 31_622_400);
  const share = JitterStrategy === "FULL" ? Number.parseInt(turn.cloud.ids.hex(8), 16) / 2 ** 32 : 1;
  return turn.cloud.clock.scaled(seconds * share);
}

async function failFrame({ turn, frame }: Step, failure: Failure): Promise<void> {
  const { execution } = turn;
  if (frame.position.kind !== "branching") frame.position = { kind: "failed" };
  if (!frame.parent) return failExecution(turn, failure, frame);
  for (const other of Object.values(execution.frames)) {
    if (other.id !== frame.id && other.id.startsWith(`${frame.parent.frame}/`)) abortFrame(turn, other, frame);
  }
  const parent = execution.frames[frame.parent.frame];
  if (!parent) throw new Error(`Frame ${frame.id} of ${execution.arn} has lost its parent`);
  parent.lastEventId = frame.lastEventId;
  record(turn, { type: "ParallelStateFailed" }, parent);
  await fail(stepOf(turn, parent), failure);
}

/** What was at work in a frame ends, because another branch failed; a redrive takes it up again. */
function abortFrame(turn: Turn, frame: Frame, because: Frame): void {
  const { kind } = frame.position;
  if (kind === "ended" || kind === "failed" || kind === "entering") return;
  const { Type } = stepOf(turn, frame).state;
  frame.lastEventId = because.lastEventId;
  if (Type === "Task" || Type === "Wait" || Type === "Parallel") record(turn, { type: `${Type}StateAborted` }, frame);
  if (kind !== "branching") frame.position = { kind: "failed" };
}

export function failExecution(turn: Turn, { error, cause }: Failure, frame?: Frame): void {
  const told = { ...(error === undefined ? {} : { error }), ...(cause === undefined ? {} : { cause }) };
  record(turn, { type: "ExecutionFailed", executionFailedEventDetails: told }, frame);
  Object.assign(turn.execution, { status: "FAILED", stopDate: turn.now, ...told });
}

function failureOf(step: Step, error: unknown): Failure {
  if (error instanceof StateFailed) return error.failure;
  const where = `An error occurred while executing the state '${step.frame.state}' (entered at the event id #${step.frame.enteredId}).`;
  if (error instanceof QueryEvaluationError) {
    const failure = { error: "States.QueryEvaluationError", cause: `${where} ${error.message}` };
    const details = { ...failure, location: error.location, state: step.frame.state };
    record(step.turn, { type: "EvaluationFailed", evaluationFailedEventDetails: details }, step.frame);
    return failure;
  }
  throw error;
}
