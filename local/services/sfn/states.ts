import type { ChoiceState, Json, ParallelState, WaitState } from "./definition.ts";
import { branchesOf, forgetBranches, newFrame, type Frame } from "./execution.ts";
import { attempt, failExecution } from "./failure.ts";
import { leave } from "./leave.ts";
import { beginTask } from "./task.ts";
import { dataOf, evaluateField, record, StateFailed, stepOf, type Step, type Turn } from "./turn.ts";

/** Lets a frame that can go on do its next step: through a state, or as far as the state has to wait. */
export async function runFrame(turn: Turn, frame: Frame): Promise<void> {
  const step = stepOf(turn, frame);
  if (frame.position.kind === "entering") enter(step);
  if (frame.position.kind === "branching") return attempt(step, () => join(step));
  frame.position = { kind: "entered" };
  await attempt(step, () => begin(step));
}

function enter({ turn, frame, state }: Step): void {
  const details = { name: frame.state, input: JSON.stringify(frame.input), inputDetails: { truncated: false } };
  frame.enteredTime = turn.now;
  frame.enteredId = record(turn, { type: `${state.Type}StateEntered`, stateEnteredEventDetails: details }, frame);
}

async function begin(step: Step): Promise<void> {
  const { state, frame } = step;
  switch (state.Type) {
    case "Pass":
      return leave(step, { fields: state, otherwise: frame.input, next: state.Next });
    case "Succeed":
      return leave(step, { fields: { Output: state.Output }, otherwise: frame.input, next: undefined });
    case "Fail":
      return endInFailure({ ...step, state });
    case "Choice":
      return choose({ ...step, state });
    case "Wait":
      return beginWait({ ...step, state });
    case "Task":
      return beginTask({ ...step, state });
    case "Parallel":
      return branch({ ...step, state });
    default:
      return assertNever(state);
  }
}

async function endInFailure(step: Step & { state: { Error?: string | undefined; Cause?: string | undefined } }) {
  const text = async (field: "Error" | "Cause") => {
    const template = step.state[field];
    if (template === undefined) return undefined;
    const value = await evaluateField(step, template, { field });
    if (typeof value === "string") return value;
    throw new StateFailed(unexpected(step, { field, expected: "string", value }));
  };
  const [error, cause] = [await text("Error"), await text("Cause")];
  throw new StateFailed({ ...(error === undefined ? {} : { error }), ...(cause === undefined ? {} : { cause }) });
}

async function choose(step: Step<ChoiceState>): Promise<void> {
  const { state, frame } = step;
  for (const [index, rule] of state.Choices.entries()) {
    const field = `Choices[${index}]/Condition`;
    const holds = await evaluateField(step, rule.Condition, { field });
    if (typeof holds !== "boolean")
      throw new StateFailed(unexpected(step, { field, expected: "boolean", value: holds }));
    const leaving = { fields: rule, prefix: `Choices[${index}]/`, otherwise: frame.input, next: rule.Next };
    if (holds) return leave(step, leaving);
  }
  if (state.Default === undefined) {
    const cause = `Failed to transition out of the state '${frame.state}'. The state does not point to a next state.`;
    throw new StateFailed({ error: "States.NoChoiceMatched", cause });
  }
  await leave(step, { fields: state, otherwise: frame.input, next: state.Default });
}

async function beginWait(step: Step<WaitState>): Promise<void> {
  const { state, turn, frame } = step;
  frame.position = { kind: "waiting", until: turn.now + (await waitOf(step, state)) };
}

/** Milliseconds to wait; `--speed` shrinks them, those until a Timestamp too. */
async function waitOf(step: Step<WaitState>, { Seconds, Timestamp }: WaitState): Promise<number> {
  const { turn } = step;
  if (Timestamp !== undefined) {
    const value = await evaluateField(step, Timestamp, { field: "Timestamp" });
    const time = typeof value === "string" ? Date.parse(value) : Number.NaN;
    if (Number.isNaN(time)) {
      throw new StateFailed(unexpected(step, { field: "Timestamp", expected: "ISO 8601 timestamp", value }));
    }
    return turn.cloud.clock.scaled(Math.max(time - turn.now, 0) / 1000);
  }
  const value = await evaluateField(step, Seconds ?? 0, { field: "Seconds" });
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 99_999_999) {
    return turn.cloud.clock.scaled(value);
  }
  throw new StateFailed(unexpected(step, { field: "Seconds", expected: "non-negative integer", value }));
}

/** The wait is over. */
export async function endWait(turn: Turn, frame: Frame): Promise<void> {
  const step = stepOf(turn, frame);
  const { state } = step;
  if (state.Type !== "Wait") throw new Error(`${turn.execution.arn} waits in ${frame.state}, which is no Wait state`);
  await attempt(step, () => leave(step, { fields: state, otherwise: frame.input, next: state.Next }));
}

async function branch(step: Step<ParallelState>): Promise<void> {
  const { turn, frame, state } = step;
  const field = { field: "Arguments" };
  const input = state.Arguments === undefined ? frame.input : await evaluateField(step, state.Arguments, field);
  dataOf(step, input);
  const lastEventId = record(turn, { type: "ParallelStateStarted" }, frame);
  for (const [index, { StartAt }] of state.Branches.entries()) {
    const id = `${frame.id}/${index}`;
    const parent = { frame: frame.id, state: frame.state, branch: index };
    turn.execution.frames[id] = newFrame({ id, parent, state: StartAt, input, lastEventId });
  }
  frame.position = { kind: "branching" };
}

/** All branches have ended. They are kept until the state is left: a redrive may have to leave it again. */
async function join(step: Step): Promise<void> {
  const { turn, frame, state } = step;
  if (state.Type !== "Parallel") throw new Error(`${turn.execution.arn}: ${frame.state} is no Parallel state`);
  const branches = branchesOf(turn.execution, frame);
  const result = branches.flatMap(({ position }) => (position.kind === "ended" ? [position.output] : []));
  frame.lastEventId = Math.max(...branches.map(({ lastEventId }) => lastEventId));
  record(turn, { type: "ParallelStateSucceeded" }, frame);
  await leave(step, { fields: state, more: { result }, otherwise: result, next: state.Next });
  forgetBranches(turn.execution, frame);
}

/** The machine's own TimeoutSeconds are over. */
export function timeOutExecution(turn: Turn): void {
  const details = { error: "States.Timeout" };
  record(turn, { type: "ExecutionTimedOut", executionTimedOutEventDetails: details });
  Object.assign(turn.execution, { status: "TIMED_OUT", stopDate: turn.now, ...details });
}

const eventLimit = 25_000;

/** as AWS: the execution fails when its history is full. */
export function keepWithinLimit(turn: Turn): void {
  const { execution, events } = turn;
  const isOver = ({ id }: { id?: number | undefined }) => (id ?? 0) >= eventLimit;
  if (execution.status !== "RUNNING" || !events.some(isOver)) return;
  events.splice(events.findIndex(isOver));
  execution.eventCount = eventLimit - 1;
  const cause = `The execution reached the maximum number of history events (${eventLimit}).`;
  failExecution(turn, { error: "States.Runtime", cause });
}

function unexpected({ frame }: Step, at: { field: string; expected: string; value: Json }) {
  const told = `An error occurred while executing the state '${frame.state}' (entered at the event id #${frame.enteredId}).`;
  const type = at.value === null ? "null" : Array.isArray(at.value) ? "array" : typeof at.value;
  const cause = `${told} The expression for the field '${at.field}' returned an unexpected result type. Expected '${at.expected}', but was '${type}': ${JSON.stringify(at.value)}.`;
  return { error: "States.QueryEvaluationError", cause };
}

function assertNever(value: never): never {
  throw new Error(`Unknown state ${JSON.stringify(value)}`);
}
