import {
  ExecutionAlreadyExists,
  ExecutionNotRedrivable,
  InvalidExecutionInput,
  type DescribeExecutionOutput,
} from "@aws-sdk/client-sfn";
import { awsError, type Clients, type Cloud, type Operations } from "#local/cloud/index.ts";
import type { Engine } from "../engine.ts";
import { checkExecutionArn, checkName, machineName, noSuchExecution, refuseUnsupported } from "../errors.ts";
import { newFrame, rootFrame, type Execution, type HistoryRecord } from "../execution.ts";
import { toEvent, withoutData } from "../history.ts";
import type { Machines } from "../machines.ts";
import { page } from "../page.ts";
import { redrive, redriveStatusOf } from "../redrive.ts";
import type { Machine, SfnStore } from "../store.ts";
import { longestData, record, type Turn } from "../turn.ts";

interface Parts {
  cloud: Cloud;
  store: SfnStore;
  engine: Engine;
  machines: Machines;
}

const minute = 60_000;
const retention = 90 * 24 * 60 * minute;

export function executionOperations({ cloud, store, engine, machines }: Parts): Operations<Clients["sfn"]> {
  const find = (executionArn: string) => {
    const execution = store.execution(checkExecutionArn(executionArn));
    if (!execution) throw noSuchExecution(executionArn);
    return execution;
  };
  return {
    startExecution({ stateMachineArn, name = cloud.ids.uuid(), input = "{}" }) {
      const machine = machines.find(stateMachineArn);
      const arn = cloud.arn("states", `execution:${machine.name}:${checkName(name)}`);
      checkInput(input);
      const existing = store.execution(arn);
      if (existing && !isForgotten(existing, cloud.clock.now())) return sameOr(existing, input);
      if (existing) store.forget(arn);
      const execution = newExecution({ cloud, store, machine }, { arn, name, input });
      const details = { input, inputDetails: { truncated: false }, roleArn: machine.roleArn };
      const { startDate } = execution;
      const about = { id: 1, previousEventId: 0, timestamp: startDate };
      engine.begin(execution, { ...about, type: "ExecutionStarted", executionStartedEventDetails: details });
      return { executionArn: arn, startDate: new Date(startDate) };
    },
    async stopExecution({ executionArn, error, cause }) {
      find(executionArn);
      const told = { ...(error === undefined ? {} : { error }), ...(cause === undefined ? {} : { cause }) };
      const stopDate = await engine.change(executionArn, (turn) => abort(turn, told));
      return { stopDate: new Date(stopDate) };
    },
    async redriveExecution({ executionArn, clientToken }) {
      const { stateMachineArn } = find(executionArn);
      machines.find(stateMachineArn);
      const redriveDate = await engine.change(executionArn, (turn) => redriveOnce(turn, clientToken));
      return { redriveDate: new Date(redriveDate) };
    },
    describeExecution({ executionArn, includedData }) {
      return described(find(executionArn), cloud.clock.now(), includedData !== "METADATA_ONLY");
    },
    listExecutions({ stateMachineArn, statusFilter, redriveFilter, mapRunArn, ...asked }) {
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
      const { items, nextToken } = page(all, ({ arn }) => arn, asked);
      return { executions: items.map(listed), ...(nextToken === undefined ? {} : { nextToken }) };
    },
    getExecutionHistory({ executionArn, reverseOrder = false, includeExecutionData = true, ...asked }) {
      const history = store.history(find(executionArn).arn);
      const ordered = reverseOrder ? history.toReversed() : history;
      const { items, nextToken } = page<HistoryRecord>(ordered, ({ id }) => String(id), asked);
      const events = items.map((item) => toEvent(includeExecutionData ? item : withoutData(item)));
      return { events, ...(nextToken === undefined ? {} : { nextToken }) };
    },
  };
}

function newExecution(
  { cloud, store, machine }: { cloud: Cloud; store: SfnStore; machine: Machine },
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

/** as AWS: a name is free again 90 days after its execution has ended. */
export function isForgotten({ stopDate }: Execution, now: number): boolean {
  return stopDate !== undefined && now - stopDate > retention;
}

function sameOr({ arn, status, input, startDate }: Execution, asked: string) {
  if (status === "RUNNING" && input === asked) return { executionArn: arn, startDate: new Date(startDate) };
  throw new ExecutionAlreadyExists({ message: `Execution Already Exists: '${arn}'`, $metadata: {} });
}

function abort(turn: Turn, told: { error?: string; cause?: string }): number {
  const { execution, now } = turn;
  if (execution.status !== "RUNNING") return execution.stopDate ?? now;
  record(turn, { type: "ExecutionAborted", executionAbortedEventDetails: told });
  Object.assign(execution, { status: "ABORTED", stopDate: now, ...told });
  return now;
}

/** as AWS: of the last ten client tokens, those of the last 15 minutes are known again. */
function redriveOnce(turn: Turn, token: string | undefined): number {
  const { execution, now } = turn;
  const known = execution.redriveTokens.find((used) => used.token === token && now - used.at <= 15 * minute);
  if (known) return known.at;
  const { redriveStatusReason } = redriveStatusOf(execution, now);
  if (redriveStatusReason !== undefined) {
    throw new ExecutionNotRedrivable({ message: redriveStatusReason, $metadata: {} });
  }
  redrive(turn);
  if (token !== undefined) execution.redriveTokens = [...execution.redriveTokens, { token, at: now }].slice(-10);
  return now;
}

function listed(execution: Execution) {
  const { arn, stateMachineArn, name, status, startDate, stopDate, redriveCount, redriveDate } = execution;
  return {
    executionArn: arn,
    stateMachineArn,
    name,
    status,
    startDate: new Date(startDate),
    ...(stopDate === undefined ? {} : { stopDate: new Date(stopDate) }),
    redriveCount,
    ...(redriveDate === undefined ? {} : { redriveDate: new Date(redriveDate) }),
  };
}

function described(execution: Execution, now: number, withData: boolean): DescribeExecutionOutput {
  const { input, output, error, cause } = execution;
  const included = { included: true };
  return {
    ...listed(execution),
    ...(withData && { input, inputDetails: included }),
    ...(withData && output !== undefined && { output, outputDetails: included }),
    ...(error === undefined ? {} : { error }),
    ...(cause === undefined ? {} : { cause }),
    ...redriveStatusOf(execution, now),
  };
}
