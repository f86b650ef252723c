import type { Deps } from "../deps.ts";
import type { Execution } from "../execution.ts";
import { abort, findExecution, redriveOnce, startExecution } from "../execution-lifecycle.ts";
import { invalidInput } from "../faults.ts";
import { toEvent, withoutData } from "../history.ts";
import { findMachine } from "../machines.ts";
import type { Operations } from "../reads.ts";
import { redriveStatusOf } from "../redrive.ts";

export const executionOperations = (deps: Deps) =>
  ({
    startExecution({ stateMachineArn, name = deps.cloud.ids.uuid(), input = "{}" }) {
      const { arn, startDate } = startExecution(deps, findMachine(deps, stateMachineArn), { name, input });
      return { executionArn: arn, startDate: new Date(startDate) };
    },
    async stopExecution({ executionArn, error, cause }) {
      const { arn } = findExecution(deps, executionArn);
      const stopDate = await deps.engine.update(arn, (transition) => abort(transition, { error, cause }));
      return { stopDate: new Date(stopDate) };
    },
    async redriveExecution({ executionArn, clientToken }) {
      const { arn, stateMachineArn } = findExecution(deps, executionArn);
      findMachine(deps, stateMachineArn);
      const redriveDate = await deps.engine.update(arn, (transition) => redriveOnce(transition, clientToken));
      return { redriveDate: new Date(redriveDate) };
    },
    describeExecution({ executionArn, includedData }) {
      const execution = findExecution(deps, executionArn);
      const { input, output, error, cause } = execution;
      const included = { included: true };
      const data = {
        input,
        inputDetails: included,
        output,
        outputDetails: output === undefined ? undefined : included,
      };
      return {
        ...listed(execution),
        ...(includedData !== "METADATA_ONLY" && data),
        error,
        cause,
        ...redriveStatusOf(execution, deps.cloud.clock.now()),
      };
    },
    listExecutions({ stateMachineArn, statusFilter, redriveFilter }) {
      if (stateMachineArn === undefined) {
        throw invalidInput("Must specify either a stateMachineArn or a mapRunArn.");
      }
      const executions = deps.store
        .executions(findMachine(deps, stateMachineArn).name)
        .filter(({ status }) => statusFilter === undefined || status === statusFilter)
        .filter(
          ({ redriveCount }) => redriveFilter === undefined || (redriveFilter === "REDRIVEN") === redriveCount > 0,
        )
        .sort((a, b) => b.startDate - a.startDate || (a.arn < b.arn ? -1 : 1));
      return { executions: executions.map(listed) };
    },
    getExecutionHistory({ executionArn, reverseOrder = false, includeExecutionData = true }) {
      const history = deps.store.history(findExecution(deps, executionArn).arn);
      const events = history.map((event) => toEvent(includeExecutionData ? event : withoutData(event)));
      return { events: reverseOrder ? events.toReversed() : events };
    },
  }) satisfies Partial<Operations>;

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
