import type { Json, TaskState } from "./definition.ts";
import { exitState } from "./exit-state.ts";
import type { Frame, TaskAttempt } from "./execution.ts";
import { withErrorHandling, failState } from "./failure.ts";
import { lambdaRequest, parseResource, type TaskResource } from "./resource.ts";
import { writeToken } from "./token.ts";
import {
  dataOf,
  evaluateField,
  stateErrorPrefix,
  record,
  StateFailed,
  stepOf,
  type Failure,
  type Step,
  type Transition,
} from "./transition.ts";

/** Result of a function call. */
export type Outcome = { kind: "returned"; output: Json } | { kind: "failed"; failure: Failure };

/** Schedules the task. The function is called once this is written. */
export async function scheduleTask(step: Step<TaskState>): Promise<void> {
  const { transition, frame, state } = step;
  const resource = parseResource(state.Resource);
  const { cloud, execution, now } = transition;
  const token = resource.waitsForToken ? writeToken(execution.arn, frame.id, cloud.ids.secret()) : undefined;
  const field = { field: "Arguments", token };
  const input = state.Arguments === undefined ? frame.input : await evaluateField(step, state.Arguments, field);
  dataOf(step, input);
  const timeoutInSeconds = await secondsOf(step, "TimeoutSeconds");
  const heartbeatInSeconds = await secondsOf(step, "HeartbeatSeconds");
  const limits = { timeoutInSeconds, heartbeatInSeconds };
  const request = lambdaRequest(resource, input);
  const id = record(transition, resource.events.scheduled({ input, limits, region: cloud.region }), frame);
  record(transition, resource.events.started, frame);
  const after = (seconds: number | undefined) => (seconds === undefined ? undefined : now + seconds * 1000);
  const attempt: TaskAttempt = {
    id,
    ...request,
    token,
    isSubmitted: false,
    deadline: after(timeoutInSeconds),
    heartbeatSeconds: heartbeatInSeconds,
    heartbeatDeadline: after(heartbeatInSeconds),
  };
  frame.position = { kind: "task", attempt };
}

async function secondsOf(step: Step<TaskState>, field: "TimeoutSeconds" | "HeartbeatSeconds") {
  const template = step.state[field];
  if (template === undefined) return undefined;
  const value = await evaluateField(step, template, { field });
  if (typeof value === "number" && Number.isInteger(value) && value > 0 && value <= 99_999_999) return value;
  const cause = `${stateErrorPrefix(step)} The expression for the field '${field}' returned ${JSON.stringify(value)}. Expected a positive integer.`;
  throw new StateFailed({ error: "States.QueryEvaluationError", cause });
}

/** Ends the task with the function's result or, for a task with a token, starts waiting for the token. */
export async function recordOutcome(transition: Transition, frame: Frame, outcome: Outcome): Promise<void> {
  const { step, resource, task } = taskStep(transition, frame);
  if (outcome.kind === "failed") return failTask(transition, frame, outcome.failure);
  if (!resource.waitsForToken) return succeedTask(transition, frame, outcome.output);
  await withErrorHandling(step, async () => {
    record(transition, resource.events.submitted(dataOf(step, outcome.output)), frame);
    task.isSubmitted = true;
  });
}

export async function succeedTask(transition: Transition, frame: Frame, output: Json): Promise<void> {
  const { step, resource } = taskStep(transition, frame);
  const { state } = step;
  let text: string;
  try {
    text = dataOf(step, output);
  } catch (error) {
    if (error instanceof StateFailed) return failTask(transition, frame, error.failure);
    throw error;
  }
  record(transition, resource.events.succeeded(text), frame);
  const exit = { fields: state, more: { result: output }, defaultOutput: output, next: state.Next };
  await withErrorHandling(step, () => exitState(step, exit));
}

export async function failTask(transition: Transition, frame: Frame, failure: Failure): Promise<void> {
  const { step, resource } = taskStep(transition, frame);
  const { error, cause } = failure;
  record(transition, resource.events.failed({ error, cause }), frame);
  await failState(step, failure);
}

/** The task's time limit or heartbeat limit has passed. */
export async function timeOutTask(transition: Transition, frame: Frame): Promise<void> {
  const { step, resource, task } = taskStep(transition, frame);
  const isHeartbeat = task.deadline === undefined || task.deadline > transition.now;
  record(transition, resource.events.timedOut, frame);
  await failState(step, { error: "States.Timeout", isHeartbeat });
}

export function recordHeartbeat(transition: Transition, frame: Frame): void {
  const { task } = taskStep(transition, frame);
  if (task.heartbeatSeconds !== undefined) task.heartbeatDeadline = transition.now + task.heartbeatSeconds * 1000;
}

function taskStep(transition: Transition, frame: Frame) {
  const step = stepOf(transition, frame);
  const { state } = step;
  if (state.Type !== "Task" || frame.position.kind !== "task") {
    throw new Error(`${transition.execution.arn} has no running task in ${frame.state}`);
  }
  const resource: TaskResource = parseResource(state.Resource);
  return { step: { ...step, state }, resource, task: frame.position.attempt };
}
