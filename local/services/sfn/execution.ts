import type { HistoryEvent } from "@aws-sdk/client-sfn";
import type { Branch, Json } from "./definition.ts";

/** An event of the history as it is kept; `GetExecutionHistory` gives the same with a Date. */
export type HistoryRecord = Omit<HistoryEvent, "timestamp"> & { timestamp: number };

type ExecutionStatus = "RUNNING" | "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED";

/** One attempt of a Task state, from its TaskScheduled on. Its id is that event's. */
export interface TaskAttempt {
  id: number;
  functionName: string;
  /** The payload as JSON. */
  payload: string;
  invocationType?: "Event" | "RequestResponse" | "DryRun";
  /** The payload alone is the result: the resource is a function's ARN. */
  takesPayload: boolean;
  token?: string;
  /** The function has answered; a task with a token then waits for its token alone. */
  isSubmitted: boolean;
  /** Wall-clock times. */
  deadline?: number;
  heartbeatSeconds?: number;
  heartbeatDeadline?: number;
}

/** Where a frame stands: all that is needed to go on from there. */
type Position =
  | { kind: "entering" }
  /** Entered, its work yet to be begun: after a retry's wait or a redrive. */
  | { kind: "entered" }
  | { kind: "waiting"; until: number }
  | { kind: "retrying"; until: number }
  | { kind: "task"; attempt: TaskAttempt }
  /** A Parallel state whose branches are frames of their own. */
  | { kind: "branching" }
  | { kind: "ended"; output: Json }
  | { kind: "failed" };

/** One thread of an execution: the execution itself, or a branch of a Parallel state. */
export interface Frame {
  id: string;
  /** The frame and Parallel state of which this is a branch. */
  parent?: { frame: string; state: string; branch: number };
  variables: Record<string, Json>;
  state: string;
  input: Json;
  enteredTime: number;
  enteredId: number;
  lastEventId: number;
  /** Attempts so far by the state's retrier. */
  retries: number[];
  position: Position;
}

/** An execution as it is kept: with its history, written in one transaction, it is all a restart needs. */
export interface Execution {
  arn: string;
  name: string;
  stateMachineArn: string;
  stateMachineName: string;
  revisionId: string;
  roleArn: string;
  status: ExecutionStatus;
  startDate: number;
  stopDate?: number;
  input: string;
  output?: string;
  error?: string;
  cause?: string;
  redriveCount: number;
  redriveDate?: number;
  redriveTokens: { token: string; at: number }[];
  /** When the machine's TimeoutSeconds are over. */
  deadline?: number;
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

/** The states among which a frame moves. */
export function branchOf(definition: Branch, execution: Execution, frame: Frame): Branch {
  if (!frame.parent) return definition;
  const parent = execution.frames[frame.parent.frame];
  const state = parent && branchOf(definition, execution, parent).States[frame.parent.state];
  const branch = state?.Type === "Parallel" ? state.Branches[frame.parent.branch] : undefined;
  if (!branch) throw new Error(`Frame ${frame.id} of ${execution.arn} is no branch of its definition`);
  return branch;
}

/** Inner scopes read outer ones. */
export function variablesOf(execution: Execution, frame: Frame): Record<string, Json> {
  const outer = frame.parent && execution.frames[frame.parent.frame];
  return { ...(outer ? variablesOf(execution, outer) : {}), ...frame.variables };
}

/** The next moment at which time alone changes something; undefined when only the outside world can. */
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

/** A Parallel state is left or begins anew: what its branches did counts no more. */
export function forgetBranches(execution: Execution, frame: Frame): void {
  for (const id of Object.keys(execution.frames)) if (id.startsWith(`${frame.id}/`)) delete execution.frames[id];
}

/** The next frame that can go on by itself, now. */
export function runnableFrame(execution: Execution): Frame | undefined {
  if (execution.status !== "RUNNING") return undefined;
  return Object.values(execution.frames).find((frame) => {
    const { kind } = frame.position;
    if (kind === "entering" || kind === "entered") return true;
    return kind === "branching" && branchesOf(execution, frame).every(({ position }) => position.kind === "ended");
  });
}
