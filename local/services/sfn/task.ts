import type { Json, TaskState } from "./definition.ts";
import type { Frame, TaskAttempt } from "./execution.ts";
import { attempt, fail } from "./failure.ts";
import { leave } from "./leave.ts";
import { lambdaRequest, parseResource, type TaskResource } from "./resource.ts";
import { writeToken } from "./token.ts";
import { dataOf, evaluateField, record, StateFailed, stepOf, type Failure, type Step, type Turn } from "./turn.ts";

/** What came of calling a function. */
export type Outcome = { kind: "returned"; output: Json } | { kind: "failed"; failure: Failure };

/** Schedules the task. The call itself is made once this is written. */
export async function beginTask(step: Step<TaskState>): Promise<void> {
  const { turn, frame, state } = step;
  const resource = parseResource(state.Resource);
  const token = resource.waitsForToken ? writeToken(turn.execution.arn, frame.id, turn.cloud.ids.secret()) : undefined;
  const field = { field: "Arguments", token };
  const input = state.Arguments === undefined ? frame.input : await evaluateField(step, state.Arguments, field);
  dataOf(step, input);
  const timeoutSeconds = await secondsOf(step, "TimeoutSeconds");
  const heartbeatSeconds = await secondsOf(step, "HeartbeatSeconds");
  const limits = {
    ...(timeoutSeconds === undefined ? {} : { timeoutInSeconds: timeoutSeconds }),
    ...(heartbeatSeconds === undefined ? {} : { heartbeatInSeconds: heartbeatSeconds }),
  };
  const request = lambdaRequest(resource, input);
  const id = record(turn, resource.events.scheduled({ input, limits, region: turn.cloud.region }), frame);
  record(turn, resource.events.started, frame);
  const after = (seconds: number) => turn.now + seconds * 1000;
  const begun: TaskAttempt = {
    id,
    ...request,
    ...(token === undefined ? {} : { token }),
    isSubmitted: false,
    ...(timeoutSeconds === undefined ? {} : { deadline: after(timeoutSeconds) }),
    ...(heartbeatSeconds === undefined ? {} : { heartbeatSeconds, heartbeatDeadline: after(heartbeatSeconds) }),
  };
  frame.position = { kind: "task", attempt: begun };
}

async function secondsOf(step: Step<TaskState>, field: "TimeoutSeconds" | "HeartbeatSeconds") {
  const template = step.state[field];
  if (template === undefined) return undefined;
  const value = await evaluateField(step, template, { field });
  if (typeof value === "number" && Number.isInteger(value) && value > 0 && value <= 99_999_999) return value;
  const cause = `An error occurred while executing the state '${step.frame.state}' (entered at the event id #${step.frame.enteredId}). The expression for the field '${field}' returned ${JSON.stringify(value)}. Expected a positive integer.`;
  throw new StateFailed({ error: "States.QueryEvaluationError", cause });
}

/** The function has answered: the end of the task, or, with a token, the begin of its wait. */
export async function takeOutcome(turn: Turn, frame: Frame, outcome: Outcome): Promise<void> {
  const { step, resource, task } = taskStep(turn, frame);
  if (outcome.kind === "failed") return failTask(turn, frame, outcome.failure);
  if (!resource.waitsForToken) return succeedTask(turn, frame, outcome.output);
  await attempt(step, async () => {
    record(turn, resource.events.submitted(dataOf(step, outcome.output)), frame);
    task.isSubmitted = true;
  });
}

export async function succeedTask(turn: Turn, frame: Frame, output: Json): Promise<void> {
  const { step, resource } = taskStep(turn, frame);
  const { state } = step;
  let text: string;
  try {
    text = dataOf(step, output);
  } catch (error) {
    if (error instanceof StateFailed) return failTask(turn, frame, error.failure);
    throw error;
  }
  record(turn, resource.events.succeeded(text), frame);
  const leaving = { fields: state, more: { result: output }, otherwise: output, next: state.Next };
  await attempt(step, () => leave(step, leaving));
}

export async function failTask(turn: Turn, frame: Frame, failure: Failure): Promise<void> {
  const { step, resource } = taskStep(turn, frame);
  const { error, cause } = failure;
  record(
    turn,
    resource.events.failed({ ...(error === undefined ? {} : { error }), ...(cause === undefined ? {} : { cause }) }),
    frame,
  );
  await fail(step, failure);
}

/** Neither answer nor heartbeat came in time. */
export async function timeOutTask(turn: Turn, frame: Frame): Promise<void> {
  const { step, resource, task } = taskStep(turn, frame);
  const isHeartbeat = task.deadline === undefined || task.deadline > turn.now;
  record(turn, resource.events.timedOut, frame);
  await fail(step, { error: "States.Timeout", isHeartbeat });
}

export function beat(turn: Turn, frame: Frame): void {
  const { task } = taskStep(turn, frame);
  if (task.heartbeatSeconds !== undefined) task.heartbeatDeadline = turn.now + task.heartbeatSeconds * 1000;
}

function taskStep(turn: Turn, frame: Frame): { step: Step<TaskState>; resource: TaskResource; task: TaskAttempt } {
  const step = stepOf(turn, frame);
  const { state } = step;
  if (state.Type !== "Task" || frame.position.kind !== "task") {
    throw new Error(`${turn.execution.arn} is at no task in ${frame.state}`);
  }
  return { step: { ...step, state }, resource: parseResource(state.Resource), task: frame.position.attempt };
}
