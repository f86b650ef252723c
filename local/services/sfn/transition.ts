import type { Cloud } from "#local/cloud/index.ts";
import type { Definition, Json, State } from "./definition.ts";
import { branchOf, variablesOf, type Execution, type Frame, type HistoryRecord } from "./execution.ts";
import { evaluateTemplate, type Scope } from "./expressions.ts";

/** One transition of an execution: a copy to change and the history events it adds. Both are written in one transaction. */
export interface Transition {
  readonly execution: Execution;
  readonly definition: Definition;
  readonly events: HistoryRecord[];
  readonly now: number;
  readonly cloud: Pick<Cloud, "ids" | "clock" | "region">;
}

/** A frame with its current state. */
export interface Step<S extends State = State> {
  transition: Transition;
  frame: Frame;
  state: S;
}

/** Why a state failed, as Retry and Catch match it. */
export interface Failure {
  /** A Fail state may have none. */
  error?: string | undefined;
  cause?: string | undefined;
  /** as AWS: reported as States.Timeout, yet States.HeartbeatTimeout matches it. */
  isHeartbeat?: boolean;
}

export class StateFailed extends Error {
  override readonly name = "StateFailed";
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(`${failure.error ?? ""}: ${failure.cause ?? ""}`);
    this.failure = failure;
  }
}

export const maxDataBytes = 262_144;

type Recorded = Omit<HistoryRecord, "id" | "previousEventId" | "timestamp">;

/** Adds an event to the history after the frame's last one; without a frame, to the execution. Returns its id. */
export function record({ execution, events, now }: Transition, event: Recorded, frame?: Frame): number {
  execution.eventCount += 1;
  const id = execution.eventCount;
  events.push({ timestamp: now, id, previousEventId: frame?.lastEventId ?? 0, ...event });
  if (frame) frame.lastEventId = id;
  return id;
}

export function stepOf(transition: Transition, frame: Frame): Step {
  const state = branchOf(transition.definition, transition.execution, frame).States[frame.state];
  if (!state)
    throw new Error(`${transition.execution.arn} is in ${frame.state}, which its definition does not contain`);
  return { transition, frame, state };
}

/** Evaluates a field of the state; `more` holds the members of `$states` besides input and context. */
export function evaluateField(
  step: Step,
  template: Json,
  at: { field: string; more?: Record<string, Json>; token?: string | undefined },
): Promise<Json> {
  const { transition, frame } = step;
  const states = { input: frame.input, context: contextOf(step, at.token), ...at.more };
  const scope: Scope = { variables: variablesOf(transition.execution, frame), states };
  return evaluateTemplate(transition.cloud.ids, template, { scope, field: at.field });
}

/** https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html */
function contextOf({ transition: { execution }, frame, state }: Step, token: string | undefined): Json {
  const iso = (time: number) => new Date(time).toISOString();
  const { redriveDate } = execution;
  return {
    Execution: {
      Id: execution.arn,
      Input: JSON.parse(execution.input) as Json, // checked when the execution was started
      StartTime: iso(execution.startDate),
      Name: execution.name,
      RoleArn: execution.roleArn,
      RedriveCount: execution.redriveCount,
      ...(redriveDate === undefined ? {} : { RedriveTime: iso(redriveDate) }),
    },
    StateMachine: { Id: execution.stateMachineArn, Name: execution.stateMachineName },
    State: {
      Name: frame.state,
      EnteredTime: iso(frame.enteredTime),
      ...(state.Type === "Task" ? { RetryCount: frame.retries.reduce((sum, count) => sum + count, 0) } : {}),
    },
    ...(token === undefined ? {} : { Task: { Token: token } }),
  };
}

/** Serializes data passed between states, within the service's size limit. */
export function dataOf(step: Step, value: Json): string {
  const text = JSON.stringify(value);
  if (Buffer.byteLength(text) > maxDataBytes) {
    const cause = `The state/task '${step.frame.state}' returned a result with a size exceeding the maximum number of bytes service limit.`;
    throw new StateFailed({ error: "States.DataLimitExceeded", cause });
  }
  return text;
}

/** The beginning of the cause of an error in a state, in AWS's words. */
export const stateErrorPrefix = ({ frame }: Step): string =>
  `An error occurred while executing the state '${frame.state}' (entered at the event id #${frame.enteredId}).`;
