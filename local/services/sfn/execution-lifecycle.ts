import { checkExecutionArn, checkName } from "./arns.ts";
import type { Deps } from "./deps.ts";
import { newFrame, rootFrame, type Execution } from "./execution.ts";
import { fault, invalidInput, messageOf } from "./faults.ts";
import { redrive, redriveStatusOf } from "./redrive.ts";
import type { Machine } from "./store.ts";
import { maxDataBytes, record, type Failure, type Transition } from "./transition.ts";

const minute = 60_000;
const retention = 90 * 24 * 60 * minute;

export function findExecution({ store }: Deps, executionArn: string): Execution {
  const execution = store.execution(checkExecutionArn(executionArn));
  if (!execution) throw fault("ExecutionDoesNotExist", `Execution Does Not Exist: '${executionArn}'`);
  return execution;
}

/** as AWS: idempotent while an execution of the same name and input is running. */
export function startExecution(
  deps: Deps,
  machine: Machine,
  { name, input }: { name: string; input: string },
): Execution {
  const { cloud, store, engine } = deps;
  const arn = cloud.arn("states", `execution:${machine.name}:${checkName(name)}`);
  checkInput(input);
  const existing = store.execution(arn);
  if (existing && !isExpired(existing, cloud.clock.now())) {
    if (existing.status === "RUNNING" && existing.input === input) return existing;
    throw fault("ExecutionAlreadyExists", `Execution Already Exists: '${arn}'`);
  }
  if (existing) store.deleteExecution(arn);
  const execution = newExecution(deps, machine, { arn, name, input });
  engine.startExecution(execution, {
    id: 1,
    previousEventId: 0,
    timestamp: execution.startDate,
    type: "ExecutionStarted",
    executionStartedEventDetails: { input, inputDetails: { truncated: false }, roleArn: machine.roleArn },
  });
  return execution;
}

function newExecution(
  { cloud, store }: Deps,
  machine: Machine,
  request: Pick<Execution, "arn" | "name" | "input">,
): Execution {
  const { StartAt, TimeoutSeconds } = store.definition(machine.revisionId);
  const startDate = cloud.clock.now();
  // as AWS: the first state's event has no predecessor.
  const root = newFrame({ id: rootFrame, state: StartAt, input: JSON.parse(request.input), lastEventId: 0 });
  return {
    ...request,
    stateMachineArn: machine.arn,
    stateMachineName: machine.name,
    revisionId: machine.revisionId,
    roleArn: machine.roleArn,
    status: "RUNNING",
    startDate,
    redriveCount: 0,
    redriveTokens: [],
    deadline: TimeoutSeconds === undefined ? undefined : startDate + TimeoutSeconds * 1000,
    eventCount: 1,
    frames: { [rootFrame]: root },
  };
}

function checkInput(input: string): void {
  if (Buffer.byteLength(input) > maxDataBytes) {
    throw invalidInput(
      `1 validation error detected: Value at 'input' failed to satisfy constraint: Member must have length less than or equal to ${maxDataBytes}`,
    );
  }
  try {
    JSON.parse(input);
  } catch (error) {
    throw fault("InvalidExecutionInput", `Invalid State Machine Execution Input: '${messageOf(error)}'`);
  }
}

/** as AWS: the name of an execution can be reused 90 days after its end. */
export function isExpired({ stopDate }: Execution, now: number): boolean {
  return stopDate !== undefined && now - stopDate > retention;
}

/** Returns the date of the stop, which may be earlier. */
export function abort(transition: Transition, { error, cause }: Failure): number {
  const { execution, now } = transition;
  if (execution.status !== "RUNNING") return execution.stopDate ?? now;
  record(transition, { type: "ExecutionAborted", executionAbortedEventDetails: { error, cause } });
  Object.assign(execution, { status: "ABORTED", stopDate: now, error, cause });
  return now;
}

/** as AWS: idempotent for the last ten client tokens, for 15 minutes each. */
export function redriveOnce(transition: Transition, token: string | undefined): number {
  const { execution, now } = transition;
  const previous = execution.redriveTokens.find((used) => used.token === token && now - used.at <= 15 * minute);
  if (previous) return previous.at;
  const { redriveStatusReason } = redriveStatusOf(execution, now);
  if (redriveStatusReason !== undefined) throw fault("ExecutionNotRedrivable", redriveStatusReason);
  redrive(transition);
  if (token !== undefined) execution.redriveTokens = [...execution.redriveTokens, { token, at: now }].slice(-10);
  return now;
}
