import type { ChoiceState, FailState, Json, ParallelState, WaitState } from "./definition.ts";
import { branchesOf, deleteBranches, newFrame, type Frame } from "./execution.ts";
import { withErrorHandling, failExecution } from "./failure.ts";
import { exitState } from "./exit-state.ts";
import { scheduleTask } from "./task.ts";
import {
  dataOf,
  evaluateField,
  stateErrorPrefix,
  record,
  StateFailed,
  stepOf,
  type Step,
  type Transition,
} from "./transition.ts";

/** Runs a frame through its current state, or until the state has to wait. */
export async function runFrame(transition: Transition, frame: Frame): Promise<void> {
  const step = stepOf(transition, frame);
  if (frame.position.kind === "entering") enterState(step);
  if (frame.position.kind === "branching") return withErrorHandling(step, () => joinBranches(step));
  frame.position = { kind: "entered" };
  await withErrorHandling(step, () => runState(step));
}

function enterState({ transition, frame, state }: Step): void {
  const details = { name: frame.state, input: JSON.stringify(frame.input), inputDetails: { truncated: false } };
  frame.enteredTime = transition.now;
  frame.enteredId = record(transition, { type: `${state.Type}StateEntered`, stateEnteredEventDetails: details }, frame);
}

async function runState(step: Step): Promise<void> {
  const { state, frame } = step;
  switch (state.Type) {
    case "Pass":
      return exitState(step, { fields: state, defaultOutput: frame.input, next: state.Next });
    case "Succeed":
      return exitState(step, { fields: { Output: state.Output }, defaultOutput: frame.input, next: undefined });
    case "Fail":
      return runFail({ ...step, state });
    case "Choice":
      return runChoice({ ...step, state });
    case "Wait":
      return runWait({ ...step, state });
    case "Task":
      return scheduleTask({ ...step, state });
    case "Parallel":
      return runParallel({ ...step, state });
    default:
      return assertNever(state);
  }
}

async function runFail(step: Step<FailState>) {
  const text = async (field: "Error" | "Cause") => {
    const template = step.state[field];
    if (template === undefined) return undefined;
    const value = await evaluateField(step, template, { field });
    if (typeof value === "string") return value;
    throw new StateFailed(unexpected(step, { field, expected: "string", value }));
  };
  const [error, cause] = [await text("Error"), await text("Cause")];
  throw new StateFailed({ error, cause });
}

async function runChoice(step: Step<ChoiceState>): Promise<void> {
  const { state, frame } = step;
  for (const [index, rule] of state.Choices.entries()) {
    const field = `Choices[${index}]/Condition`;
    const condition = await evaluateField(step, rule.Condition, { field });
    if (typeof condition !== "boolean")
      throw new StateFailed(unexpected(step, { field, expected: "boolean", value: condition }));
    const exit = { fields: rule, prefix: `Choices[${index}]/`, defaultOutput: frame.input, next: rule.Next };
    if (condition) return exitState(step, exit);
  }
  if (state.Default === undefined) {
    const cause = `Failed to transition out of the state '${frame.state}'. The state does not point to a next state.`;
    throw new StateFailed({ error: "States.NoChoiceMatched", cause });
  }
  await exitState(step, { fields: state, defaultOutput: frame.input, next: state.Default });
}

async function runWait(step: Step<WaitState>): Promise<void> {
  const { state, transition, frame } = step;
  frame.position = { kind: "waiting", until: transition.now + (await waitOf(step, state)) };
}

/** Milliseconds to wait; `--speed` shortens them, also those until a Timestamp. */
async function waitOf(step: Step<WaitState>, { Seconds, Timestamp }: WaitState): Promise<number> {
  const { transition } = step;
  if (Timestamp !== undefined) {
    const value = await evaluateField(step, Timestamp, { field: "Timestamp" });
    const time = typeof value === "string" ? Date.parse(value) : Number.NaN;
    if (Number.isNaN(time)) {
      throw new StateFailed(unexpected(step, { field: "Timestamp", expected: "ISO 8601 timestamp", value }));
    }
    return transition.cloud.clock.scaled(Math.max(time - transition.now, 0) / 1000);
  }
  const value = await evaluateField(step, Seconds ?? 0, { field: "Seconds" });
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 99_999_999) {
    return transition.cloud.clock.scaled(value);
  }
  throw new StateFailed(unexpected(step, { field: "Seconds", expected: "non-negative integer", value }));
}

export async function endWait(transition: Transition, frame: Frame): Promise<void> {
  const step = stepOf(transition, frame);
  const { state } = step;
  if (state.Type !== "Wait")
    throw new Error(`${transition.execution.arn} waits in ${frame.state}, which is not a Wait state`);
  await withErrorHandling(step, () => exitState(step, { fields: state, defaultOutput: frame.input, next: state.Next }));
}

async function runParallel(step: Step<ParallelState>): Promise<void> {
  const { transition, frame, state } = step;
  const field = { field: "Arguments" };
  const input = state.Arguments === undefined ? frame.input : await evaluateField(step, state.Arguments, field);
  dataOf(step, input);
  const lastEventId = record(transition, { type: "ParallelStateStarted" }, frame);
  for (const [index, { StartAt }] of state.Branches.entries()) {
    const id = `${frame.id}/${index}`;
    const parent = { frame: frame.id, state: frame.state, branch: index };
    transition.execution.frames[id] = newFrame({ id, parent, state: StartAt, input, lastEventId });
  }
  frame.position = { kind: "branching" };
}

/** All branches have ended. They are kept until the state is exited, because a redrive may have to exit it again. */
async function joinBranches(step: Step): Promise<void> {
  const { transition, frame, state } = step;
  if (state.Type !== "Parallel") throw new Error(`${transition.execution.arn}: ${frame.state} is not a Parallel state`);
  const branches = branchesOf(transition.execution, frame);
  const result = branches.flatMap(({ position }) => (position.kind === "ended" ? [position.output] : []));
  frame.lastEventId = Math.max(...branches.map(({ lastEventId }) => lastEventId));
  record(transition, { type: "ParallelStateSucceeded" }, frame);
  await exitState(step, { fields: state, more: { result }, defaultOutput: result, next: state.Next });
  deleteBranches(transition.execution, frame);
}

/** The TimeoutSeconds of the state machine have passed. */
export function timeOutExecution(transition: Transition): void {
  const details = { error: "States.Timeout" };
  record(transition, { type: "ExecutionTimedOut", executionTimedOutEventDetails: details });
  Object.assign(transition.execution, { status: "TIMED_OUT", stopDate: transition.now, ...details });
}

const eventLimit = 25_000;

/** as AWS: an execution fails when its history is full. */
export function enforceEventLimit(transition: Transition): void {
  const { execution, events } = transition;
  const isOver = ({ id }: { id?: number | undefined }) => (id ?? 0) >= eventLimit;
  if (execution.status !== "RUNNING" || !events.some(isOver)) return;
  events.splice(events.findIndex(isOver));
  execution.eventCount = eventLimit - 1;
  const cause = `The execution reached the maximum number of history events (${eventLimit}).`;
  failExecution(transition, { error: "States.Runtime", cause });
}

function unexpected(step: Step, at: { field: string; expected: string; value: Json }) {
  const type = at.value === null ? "null" : Array.isArray(at.value) ? "array" : typeof at.value;
  const cause = `${stateErrorPrefix(step)} The expression for the field '${at.field}' returned an unexpected result type. Expected '${at.expected}', but was '${type}': ${JSON.stringify(at.value)}.`;
  return { error: "States.QueryEvaluationError", cause };
}

function assertNever(value: never): never {
  throw new Error(`Unknown state ${JSON.stringify(value)}`);
}
