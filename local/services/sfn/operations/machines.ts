import type { CreateStateMachineInput, DescribeStateMachineOutput, UpdateStateMachineInput } from "@aws-sdk/client-sfn";
import { checkDefinition } from "../check-definition.ts";
import type { Deps } from "../deps.ts";
import { findExecution } from "../execution-lifecycle.ts";
import { fault } from "../faults.ts";
import { createMachine, deleteMachine, findMachine, updateMachine } from "../machines.ts";
import type { Operations } from "../reads.ts";
import type { Machine } from "../store.ts";

export const machineOperations = (deps: Deps) =>
  ({
    createStateMachine({ name, definition, roleArn, type, tags = [], ...logging }) {
      requireStandard(type);
      const settings = { name, definition, roleArn, tags: tags.map(tagOf), ...settingsOf(logging) };
      const { arn, creationDate } = createMachine(deps, settings);
      return { stateMachineArn: arn, creationDate: new Date(creationDate) };
    },
    updateStateMachine({ stateMachineArn, definition, roleArn, ...logging }) {
      const change = { definition, roleArn, ...settingsOf(logging) };
      const { updateDate, revisionId } = updateMachine(deps, stateMachineArn, change);
      return { updateDate: new Date(updateDate), revisionId };
    },
    deleteStateMachine({ stateMachineArn }) {
      deleteMachine(deps, stateMachineArn);
      return {};
    },
    describeStateMachine({ stateMachineArn, includedData }) {
      const machine = findMachine(deps, stateMachineArn);
      const { definition } = deps.store.revision(machine.revisionId);
      return { ...described(machine), definition: includedData === "METADATA_ONLY" ? "" : definition };
    },
    describeStateMachineForExecution({ executionArn }) {
      const { revisionId } = findExecution(deps, executionArn);
      const revision = deps.store.revision(revisionId);
      return {
        stateMachineArn: revision.machineArn,
        name: revision.machineName,
        definition: revision.definition,
        roleArn: revision.roleArn,
        updateDate: new Date(revision.updateDate),
        loggingConfiguration: revision.logging,
        tracingConfiguration: { enabled: revision.isTraced },
        revisionId,
      };
    },
    listStateMachines: () => ({
      stateMachines: deps.store.machines.list().map(({ arn, name, creationDate }) => ({
        stateMachineArn: arn,
        name,
        type: "STANDARD",
        creationDate: new Date(creationDate),
      })),
    }),
    validateStateMachineDefinition({ definition, type }) {
      requireStandard(type);
      const { problems } = checkDefinition(definition);
      const diagnostics = problems.map((problem) => ({ severity: "ERROR" as const, ...problem }));
      return { result: problems.length === 0 ? "OK" : "FAIL", diagnostics, truncated: false };
    },
  }) satisfies Partial<Operations>;

function requireStandard(type: CreateStateMachineInput["type"]): void {
  if (type === undefined || type === "STANDARD") return;
  const message = `State machines of type ${type} are not supported by the local cloud. Fix: use STANDARD.`;
  throw fault("StateMachineTypeNotSupported", message);
}

export const tagOf = ({ key = "", value = "" }: { key?: string | undefined; value?: string | undefined }) => ({
  key,
  value,
});

type Logging = Pick<UpdateStateMachineInput, "loggingConfiguration" | "tracingConfiguration">;

const settingsOf = ({ loggingConfiguration, tracingConfiguration }: Logging) => ({
  logging: loggingConfiguration,
  isTraced: tracingConfiguration?.enabled,
});

const described = (machine: Machine): Omit<DescribeStateMachineOutput, "definition"> => ({
  stateMachineArn: machine.arn,
  name: machine.name,
  status: "ACTIVE",
  roleArn: machine.roleArn,
  type: "STANDARD",
  creationDate: new Date(machine.creationDate),
  loggingConfiguration: machine.logging,
  tracingConfiguration: { enabled: machine.isTraced },
  revisionId: machine.isFirstRevision ? undefined : machine.revisionId,
});
