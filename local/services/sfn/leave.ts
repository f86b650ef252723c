import type { Json } from "./definition.ts";
import { newFrame, type Frame } from "./execution.ts";
import { dataOf, evaluateField, longestData, record, StateFailed, type Step, type Turn } from "./turn.ts";

/** How a state is left: by itself, by a Choice rule or by a Catch. */
export interface Leaving {
  fields: { Output?: Json | undefined; Assign?: Record<string, Json> | undefined };
  /** Where the fields stand, e.g. `Choices[1]/`. */
  prefix?: string;
  /** What `$states` has besides input and context. */
  more?: Record<string, Json>;
  /** The output where no Output is given. */
  otherwise: Json;
  /** Undefined at the end. */
  next: string | undefined;
}

/** Evaluates Output and Assign, records that the state is left, and moves the frame on. */
export async function leave(step: Step, leaving: Leaving): Promise<void> {
  const { turn, frame, state } = step;
  const { fields, prefix = "", more = {}, otherwise, next } = leaving;
  const field = (name: string) => ({ field: `${prefix}${name}`, more });
  const output = fields.Output === undefined ? otherwise : await evaluateField(step, fields.Output, field("Output"));
  const assigned = await assignedBy(step, fields.Assign, field("Assign"));
  const details = { name: frame.state, output: dataOf(step, output), outputDetails: { truncated: false } };
  const texts = Object.entries(assigned).map(([name, value]) => [name, JSON.stringify(value)]);
  // A state of type Fail is never left.
  const type = `${state.Type === "Fail" ? "Succeed" : state.Type}StateExited` as const;
  record(
    turn,
    {
      type,
      stateExitedEventDetails: {
        ...details,
        ...(texts.length > 0 && {
          assignedVariables: Object.fromEntries(texts),
          assignedVariablesDetails: { truncated: false },
        }),
      },
    },
    frame,
  );
  Object.assign(frame.variables, assigned);
  if (next === undefined) return end(turn, frame, output);
  const { id, lastEventId, variables } = frame;
  Object.assign(frame, newFrame({ id, lastEventId, variables, state: next, input: output }));
}

async function assignedBy(
  step: Step,
  assign: Record<string, Json> | undefined,
  at: { field: string; more: Record<string, Json> },
): Promise<Record<string, Json>> {
  if (!assign) return {};
  const values = await evaluateField(step, assign, at);
  if (values === null || typeof values !== "object" || Array.isArray(values)) return {};
  if (Buffer.byteLength(JSON.stringify(values)) > longestData) {
    const cause = `The variables that the state '${step.frame.state}' assigns exceed the maximum number of bytes service limit.`;
    throw new StateFailed({ error: "States.DataLimitExceeded", cause });
  }
  return values;
}

/** The frame's last state is left. */
function end(turn: Turn, frame: Frame, output: Json): void {
  frame.position = { kind: "ended", output };
  if (frame.parent) return;
  const text = JSON.stringify(output);
  const details = { output: text, outputDetails: { truncated: false } };
  record(turn, { type: "ExecutionSucceeded", executionSucceededEventDetails: details }, frame);
  Object.assign(turn.execution, { status: "SUCCEEDED", stopDate: turn.now, output: text });
}
