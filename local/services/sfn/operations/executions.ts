import {
  ExecutionAlreadyExists,
  ExecutionNotRedrivable,
  InvalidExecutionInput,
  type DescribeExecutionOutput,
} from "@aws-sdk/client-sfn";
import { awsError, type Cloud, type Operations } from "#local/cloud/index.ts";
import type { Deps } from "../deps.ts";
import { checkExecutionArn, checkName, machineName, executionDoesNotExist, refuseUnsupported } from "../faults.ts";
import { newFrame, rootFrame, type Execution, type HistoryRecord } from "../execution.ts";
import { toEvent, withoutData } from "../history.ts";
import { page } from "../page.ts";
import { redrive, redriveStatusOf } from "../redrive.ts";
import type { Machine, Store } from "../store.ts";
import { longestData, record, type Transition } from "../transition.ts";

const minute = 60_000;
const retention = 90 * 24 * 60 * minute;

export function executionOperations({ cloud, store, engine, machines }: Deps): Operations<"sfn"> {
  const find = (executionArn: string) => {
    const execution = store.execution(checkExecutionArn(executionArn));
    if (!execution) throw executionDoesNotExist(executionArn);
    return execution;
  };
  return {
    startExecution({ stateMachineArn, name = cloud.ids.uuid(), input = "{}" }) {
      const machine = machines.find(stateMachineArn);
      const arn = cloud.arn("states", `execution:${machine.name}:${checkName(name)}`);
      checkInput(input);
      const existing = store.execution(arn);
      if (existing && !isExpired(existing, cloud.clock.now())) return existingExecution(existing, input);
      if (existing) store.deleteExecution(arn);
      const execution = newExecution({ cloud, store, machine }, { arn, name, input });
      const details = { input, inputDetails: { truncated: false }, roleArn: machine.roleArn };
      const { startDate } = execution;
      const about = { id: 1, previousEventId: 0, timestamp: startDate };
      engine.startExecution(execution, { ...about, type: "ExecutionStarted", executionStartedEventDetails: details });
      return { executionArn: arn, startDate: new Date(startDate) };
    },
    async stopExecution({ executionArn, error, cause }) {
      find(executionArn);
      const stopDate = await engine.update(executionArn, (transition) => abort(transition, { error, cause }));
      return { stopDate: new Date(stopDate) };
    },
    async redriveExecution({ executionArn, clientToken }) {
      const { stateMachineArn } = find(executionArn);
      machines.find(stateMachineArn);
      const redriveDate = await engine.update(executionArn, (transition) => redriveOnce(transition, clientToken));
      return { redriveDate: new Date(redriveDate) };
    },
    describeExecution({ executionArn, includedData }) {
      return described(find(executionArn), cloud.clock.now(), includedData !== "METADATA_ONLY");
    },
    listExecutions({ stateMachineArn, statusFilter, redriveFilter, mapRunArn, ...paging }) {
      refuseUnsupported("ListExecutions", { mapRunArn });
      if (stateMachineArn === undefined) {
        throw awsError("ValidationException", "Must specify either a stateMachineArn or a mapRunArn.");
      }
      const all = store
        .executions(machines.find(stateMachineArn).name)
        .filter(({ status }) => statusFilter === undefined || status === statusFilter)
        .filter(
          ({ redriveCount }) => redriveFilter === undefined || (redriveFilter === "REDRIVEN") === redriveCount > 0,
        )
        .sort((a, b) => b.startDate - a.startDate || (a.arn < b.arn ? -1 : 1));
      const { items, nextToken } = page(all, ({ arn }) => arn, paging);
      return { executions: items.map(listed), nextToken };
    },
    getExecutionHistory({ executionArn, reverseOrder = false, includeExecutionData = true, ...paging }) {
      const history = store.history(find(executionArn).arn);
      const ordered = reverseOrder ? history.toReversed() : history;
      const { items, nextToken } = page<HistoryRecord>(ordered, ({ id }) => String(id), paging);
      const events = items.map((item) => toEvent(includeExecutionData ? item : withoutData(item)));
      return { events, nextToken };
    },
  };
}

function newExecution(
  { cloud, store, machine }: { cloud: Cloud; store: Store; machine: Machine },
  { arn, name, input }: { arn: string; name: string; input: string },
): Execution {
  const { StartAt, TimeoutSeconds } = store.definition(machine.revisionId);
  const startDate = cloud.clock.now();
  // as AWS: the first state's event has no predecessor.
  const root = newFrame({ id: rootFrame, state: StartAt, input: JSON.parse(input), lastEventId: 0 });
  return {
    arn,
    name,
    stateMachineArn: machine.arn,
    stateMachineName: machineName(machine.arn),
    revisionId: machine.revisionId,
    roleArn: machine.roleArn,
    status: "RUNNING",
    startDate,
    input,
    redriveCount: 0,
    redriveTokens: [],
    ...(TimeoutSeconds === undefined ? {} : { deadline: startDate + TimeoutSeconds * 1000 }),
    eventCount: 1,
    frames: { [rootFrame]: root },
  };
}

function checkInput(input: string): void {
  if (Buffer.byteLength(input) > longestData) {
    const message = `1 validation error detected: Value at 'input' failed to satisfy constraint: Member must have length less than or equal to ${longestData}`;
    throw awsError("ValidationException", message);
  }
  try {
    JSON.parse(input);
  } catch (error) {
    const message = `Invalid State Machine Execution Input: '${error instanceof Error ? error.message : String(error)}'`;
    throw new InvalidExecutionInput({ message, $metadata: {} });
  }
}

/** as AWS: the name of an execution can be reused 90 days after its end. */
export function isExpired({ stopDate }: Execution, now: number): boolean {
  return stopDate !== undefined && now - stopDate > retention;
}

function existingExecution({ arn, status, input, startDate }: Execution, requested: string) {
  if (status === "RUNNING" && input === requested) return { executionArn: arn, startDate: new Date(startDate) };
  throw new ExecutionAlreadyExists({ message: `Execution Already Exists: '${arn}'`, $metadata: {} });
}

function abort(transition: Transition, details: { error: string | undefined; cause: string | undefined }): number {
  const { execution, now } = transition;
  if (execution.status !== "RUNNING") return execution.stopDate ?? now;
  record(transition, { type: "ExecutionAborted", executionAbortedEventDetails: details });
  Object.assign(execution, { status: "ABORTED", stopDate: now, ...details });
  return now;
}

/** as AWS: idempotent for the last ten client tokens, for 15 minutes each. */
function redriveOnce(transition: Transition, token: string | undefined): number {
  const { execution, now } = transition;
  const previous = execution.redriveTokens.find((used) => used.token === token && now - used.at <= 15 * minute);
  if (previous) return previous.at;
  const { redriveStatusReason } = redriveStatusOf(execution, now);
  if (redriveStatusReason !== undefined) {
    throw new ExecutionNotRedrivable({ message: redriveStatusReason, $metadata: {} });
  }
  redrive(transition);
  if (token !== undefined) execution.redriveTokens = [...execution.redriveTokens, { token, at: now }].slice(-10);
  return now;
}

const dateOf = (time: number | undefined) => (time === undefined ? undefined : new Date(time));

function listed(execution: Execution) {
  const { arn, stateMachineArn, name, status, startDate, stopDate, redriveCount, redriveDate } = execution;
  return {
    executionArn: arn,
    stateMachineArn,
    name,
    status,
    startDate: new Date(startDate),
    stopDate: dateOf(stopDate),
    redriveCount,
    redriveDate: dateOf(redriveDate),
  };
}

function described(execution: Execution, now: number, withData: boolean): DescribeExecutionOutput {
  const { input, output, error, cause } = execution;
  const included = { included: true };
  return {
    ...listed(execution),
    ...(withData && { input, inputDetails: included }),
    ...(withData && output !== undefined && { output, outputDetails: included }),
    error,
    cause,
    ...redriveStatusOf(execution, now),
  };
}
