import { rootFrame, type Execution, type Frame } from "./execution.ts";
import { record, stepOf, type Turn } from "./turn.ts";

const day = 24 * 3600 * 1000;
const eventLimit = 24_999;

/** https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html#redrive-eligibility */
export function redriveStatusOf(execution: Execution, now: number) {
  const reason = reasonAgainst(execution, now);
  return reason === undefined
    ? { redriveStatus: "REDRIVABLE" as const }
    : { redriveStatus: "NOT_REDRIVABLE" as const, redriveStatusReason: reason };
}

function reasonAgainst(execution: Execution, now: number): string | undefined {
  const { status, stopDate = now, startDate, eventCount } = execution;
  if (status === "RUNNING") return "Execution is RUNNING and cannot be redriven";
  if (status === "SUCCEEDED") return "Execution is SUCCEEDED and cannot be redriven";
  if (eventCount >= eventLimit) return "Execution history event limit exceeded and cannot be redriven";
  if (now - startDate >= 365 * day) return "Execution has exceeded the max execution time and cannot be redriven";
  if (now - stopDate > 14 * day) return "Execution has exceeded the redrivable period and cannot be redriven";
  return undefined;
}

/**
 * Takes an ended execution up again where it ended: every frame that was at work begins its state anew, with the same input.
 * What succeeded stays as it is. Retries are counted from 0 and the machine's own TimeoutSeconds begin again.
 */
export function redrive(turn: Turn): void {
  const { execution, definition, now } = turn;
  for (const key of ["output", "error", "cause", "stopDate", "deadline"] as const) delete execution[key];
  execution.status = "RUNNING";
  execution.redriveCount += 1;
  execution.redriveDate = now;
  if (definition.TimeoutSeconds !== undefined) execution.deadline = now + definition.TimeoutSeconds * 1000;
  const details = { redriveCount: execution.redriveCount };
  const root = execution.frames[rootFrame];
  const id = record(turn, { type: "ExecutionRedriven", executionRedrivenEventDetails: details }, root);
  for (const frame of Object.values(execution.frames)) takeUp(turn, frame, id);
}

function takeUp(turn: Turn, frame: Frame, redrivenId: number): void {
  const { kind } = frame.position;
  frame.retries = [];
  if (kind === "ended" || kind === "branching" || kind === "entering") return;
  frame.lastEventId = redrivenId;
  // as AWS: a Wait goes on to the moment it was to end at.
  if (kind === "waiting") return;
  // as AWS: "Reenters the Fail state and fails again"; every other state goes on where it had been entered.
  frame.position = { kind: stepOf(turn, frame).state.Type === "Fail" ? "entering" : "entered" };
}
