import { rootFrame, type Execution, type Frame } from "./execution.ts";
import { record, stepOf, type Transition } from "./transition.ts";

const day = 24 * 3600 * 1000;
const eventLimit = 24_999;

/** https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html#redrive-eligibility */
export function redriveStatusOf(execution: Execution, now: number) {
  const reason = notRedrivableReason(execution, now);
  return reason === undefined
    ? { redriveStatus: "REDRIVABLE" as const }
    : { redriveStatus: "NOT_REDRIVABLE" as const, redriveStatusReason: reason };
}

function notRedrivableReason(execution: Execution, now: number): string | undefined {
  const { status, stopDate = now, startDate, eventCount } = execution;
  if (status === "RUNNING") return "Execution is RUNNING and cannot be redriven";
  if (status === "SUCCEEDED") return "Execution is SUCCEEDED and cannot be redriven";
  if (eventCount >= eventLimit) return "Execution history event limit exceeded and cannot be redriven";
  if (now - startDate >= 365 * day) return "Execution has exceeded the max execution time and cannot be redriven";
  if (now - stopDate > 14 * day) return "Execution has exceeded the redrivable period and cannot be redriven";
  return undefined;
}

/**
 * Restarts an ended execution at its unsuccessful states: every frame that had not ended runs its current state again with the same
 * input. Retries are counted from 0, and the TimeoutSeconds of the state machine start again.
 */
export function redrive(transition: Transition): void {
  const { execution, definition, now } = transition;
  for (const key of ["output", "error", "cause", "stopDate", "deadline"] as const) delete execution[key];
  execution.status = "RUNNING";
  execution.redriveCount += 1;
  execution.redriveDate = now;
  if (definition.TimeoutSeconds !== undefined) execution.deadline = now + definition.TimeoutSeconds * 1000;
  const details = { redriveCount: execution.redriveCount };
  const root = execution.frames[rootFrame];
  const id = record(transition, { type: "ExecutionRedriven", executionRedrivenEventDetails: details }, root);
  for (const frame of Object.values(execution.frames)) resetFrame(transition, frame, id);
}

function resetFrame(transition: Transition, frame: Frame, redrivenId: number): void {
  const { kind } = frame.position;
  frame.retries = [];
  if (kind === "ended" || kind === "branching" || kind === "entering") return;
  frame.lastEventId = redrivenId;
  // as AWS: a Wait keeps its original end.
  if (kind === "waiting") return;
  // as AWS: "Reenters the Fail state and fails again"; every other state continues without being entered again.
  frame.position = { kind: stepOf(transition, frame).state.Type === "Fail" ? "entering" : "entered" };
}
