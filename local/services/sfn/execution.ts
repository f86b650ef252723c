import type { HistoryEvent } from "@aws-sdk/client-sfn";
import type { Branch, Json } from "./definition.ts";

/** A history event as it is stored; `GetExecutionHistory` returns the same with a Date. */
export type HistoryRecord = Omit<HistoryEvent, "timestamp"> & { timestamp: number };

type ExecutionStatus = "RUNNING" | "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED";

/** One attempt of a Task state. Its id is that of its TaskScheduled event. */
export interface TaskAttempt {
  id: number;
  functionName: string;
  /** The payload as JSON. */
  payload: string;
  invocationType?: undefined | "Event" | "RequestResponse" | "DryRun";
  /** The result is the payload alone, because the resource is a function's ARN. */
  returnsPayload: boolean;
  token?: string | undefined;
  /** The function has returned; a task with a token now waits for the token only. */
  isSubmitted: boolean;
  /** Wall-clock times. */
  deadline?: number | undefined;
  heartbeatSeconds?: number | undefined;
  heartbeatDeadline?: number | undefined;
}

/** The progress of a frame within its state: all that is needed to resume it. */
type Position =
  | { kind: "entering" }
  /** Entered but not started: after the delay of a retry, or a redrive. */
  | { kind: "entered" }
  | { kind: "waiting"; until: number }
  | { kind: "retrying"; until: number }
  | { kind: "task"; attempt: TaskAttempt }
  /** A Parallel state, whose branches are frames of their own. */
  | { kind: "branching" }
  | { kind: "ended"; output: Json }
  | { kind: "failed" };

/** One thread of an execution: the execution itself, or a branch of a Parallel state. */
export interface Frame {
  id: string;
  /** The frame and Parallel state that this is a branch of. */
  parent?: { frame: string; state: string; branch: number };
  variables: Record<string, Json>;
  state: string;
  input: Json;
  enteredTime: number;
  enteredId: number;
  lastEventId: number;
  /** Retries so far, per retrier of the state. */
  retries: number[];
  position: Position;
}

/** An execution as it is stored. Together with its history, written in the same transaction, it is all a restart needs. */
export interface Execution {
  arn: string;
  name: string;
  stateMachineArn: string;
  stateMachineName: string;
  revisionId: string;
  roleArn: string;
  status: ExecutionStatus;
  startDate: number;
  stopDate?: number | undefined;
  input: string;
  output?: string | undefined;
  error?: string | undefined;
  cause?: string | undefined;
  redriveCount: number;
  redriveDate?: number | undefined;
  redriveTokens: { token: string; at: number }[];
  /** When the TimeoutSeconds of the state machine pass. */
  deadline?: number | undefined;
  eventCount: number;
  frames: Record<string, Frame>;
}

export const rootFrame = "root";

export function newFrame(frame: Pick<Frame, "id" | "state" | "input" | "lastEventId"> & Partial<Frame>): Frame {
  return {
    variables: {},
    enteredTime: 0,
    enteredId: 0,
    retries: [],
    position: { kind: "entering" },
    ...frame,
  };
}

/** The states that a frame runs through. */
export function branchOf(definition: Branch, execution: Execution, frame: Frame): Branch {
  if (!frame.parent) return definition;
  const parent = execution.frames[frame.parent.frame];
  const state = parent && branchOf(definition, execution, parent).States[frame.parent.state];
  const branch = state?.Type === "Parallel" ? state.Branches[frame.parent.branch] : undefined;
  if (!branch) throw new Error(`Frame ${frame.id} of ${execution.arn} is not a branch of its definition`);
  return branch;
}

/** Variables of the outer scopes are visible in the inner ones. */
export function variablesOf(execution: Execution, frame: Frame): Record<string, Json> {
  const outer = frame.parent && execution.frames[frame.parent.frame];
  return { ...(outer ? variablesOf(execution, outer) : {}), ...frame.variables };
}

/** When the next timer is due; undefined when only an external event can continue the execution. */
export function nextDue(execution: Execution): number | undefined {
  if (execution.status !== "RUNNING") return undefined;
  const times = Object.values(execution.frames).flatMap(dueTimes);
  if (execution.deadline !== undefined) times.push(execution.deadline);
  return times.length === 0 ? undefined : Math.min(...times);
}

function dueTimes({ position }: Frame): number[] {
  if (position.kind === "waiting" || position.kind === "retrying") return [position.until];
  if (position.kind !== "task") return [];
  const { deadline, heartbeatDeadline } = position.attempt;
  return [deadline, heartbeatDeadline].filter((time) => time !== undefined);
}

/** The branches of a frame's Parallel state. */
export function branchesOf(execution: Execution, frame: Frame): Frame[] {
  return Object.values(execution.frames)
    .filter(({ parent }) => parent?.frame === frame.id)
    .sort((a, b) => (a.parent?.branch ?? 0) - (b.parent?.branch ?? 0));
}

/** A Parallel state is exited or restarted: the results of its branches are discarded. */
export function deleteBranches(execution: Execution, frame: Frame): void {
  for (const id of Object.keys(execution.frames)) if (id.startsWith(`${frame.id}/`)) delete execution.frames[id];
}

/** The next frame that can run without waiting. */
export function runnableFrame(execution: Execution): Frame | undefined {
  if (execution.status !== "RUNNING") return undefined;
  return Object.values(execution.frames).find((frame) => {
    const { kind } = frame.position;
    if (kind === "entering" || kind === "entered") return true;
    return kind === "branching" && branchesOf(execution, frame).every(({ position }) => position.kind === "ended");
  });
}
