import type { Json } from "./definition.ts";
import { newFrame, type Frame } from "./execution.ts";
import { dataOf, evaluateField, maxDataBytes, record, StateFailed, type Step, type Transition } from "./transition.ts";

/** How a state is exited: by its own fields, by a Choice rule or by a Catch. */
export interface StateExit {
  fields: { Output?: Json | undefined; Assign?: Record<string, Json> | undefined };
  /** Location of the fields within the state, e.g. `Choices[1]/`. */
  prefix?: string;
  /** Members of `$states` besides input and context. */
  more?: Record<string, Json>;
  /** The output of a state without Output. */
  defaultOutput: Json;
  /** Undefined for the last state of a branch. */
  next: string | undefined;
}

/** Evaluates Output and Assign, records that the state is exited, and moves the frame to the next state. */
export async function exitState(step: Step, exit: StateExit): Promise<void> {
  const { transition, frame, state } = step;
  const { fields, prefix = "", more = {}, defaultOutput, next } = exit;
  const field = (name: string) => ({ field: `${prefix}${name}`, more });
  const output =
    fields.Output === undefined ? defaultOutput : await evaluateField(step, fields.Output, field("Output"));
  const assigned = await evaluateAssign(step, fields.Assign, field("Assign"));
  const texts = Object.entries(assigned).map(([name, value]) => [name, JSON.stringify(value)]);
  const assignedDetails = texts.length > 0 && {
    assignedVariables: Object.fromEntries(texts),
    assignedVariablesDetails: { truncated: false },
  };
  const stateExitedEventDetails = {
    name: frame.state,
    output: dataOf(step, output),
    outputDetails: { truncated: false },
    ...assignedDetails,
  };
  // A Fail state is never exited.
  const type = `${state.Type === "Fail" ? "Succeed" : state.Type}StateExited` as const;
  record(transition, { type, stateExitedEventDetails }, frame);
  Object.assign(frame.variables, assigned);
  if (next === undefined) return endFrame(transition, frame, output);
  const { id, lastEventId, variables } = frame;
  Object.assign(frame, newFrame({ id, lastEventId, variables, state: next, input: output }));
}

async function evaluateAssign(
  step: Step,
  assign: Record<string, Json> | undefined,
  at: { field: string; more: Record<string, Json> },
): Promise<Record<string, Json>> {
  if (!assign) return {};
  const values = await evaluateField(step, assign, at);
  if (values === null || typeof values !== "object" || Array.isArray(values)) return {};
  if (Buffer.byteLength(JSON.stringify(values)) > maxDataBytes) {
    const cause = `The variables that the state '${step.frame.state}' assigns exceed the maximum number of bytes service limit.`;
    throw new StateFailed({ error: "States.DataLimitExceeded", cause });
  }
  return values;
}

function endFrame(transition: Transition, frame: Frame, output: Json): void {
  frame.position = { kind: "ended", output };
  if (frame.parent) return;
  const text = JSON.stringify(output);
  const details = { output: text, outputDetails: { truncated: false } };
  record(transition, { type: "ExecutionSucceeded", executionSucceededEventDetails: details }, frame);
  Object.assign(transition.execution, { status: "SUCCEEDED", stopDate: transition.now, output: text });
}
