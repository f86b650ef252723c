import {
  StateMachineAlreadyExists,
  StateMachineTypeNotSupported,
  type CreateStateMachineInput,
} from "@aws-sdk/client-sfn";
import { awsError, type Cloud } from "#local/cloud/index.ts";
import { checkDefinition } from "./check-definition.ts";
import { checkName, invalidDefinition, machineName, stateMachineDoesNotExist } from "./faults.ts";
import type { Machine, Revision, Store } from "./store.ts";

/** The settings of a state machine, from the API or a template. */
export interface MachineSpec {
  definition: string;
  roleArn: string;
  logging?: Machine["logging"];
  isTraced?: boolean;
}

export interface Machines {
  create(name: string, spec: MachineSpec & { tags?: Machine["tags"] }): Machine;
  update(arn: string, change: Partial<MachineSpec>): Machine;
  find(arn: string): Machine;
  delete(arn: string): void;
}

const noLogging: Machine["logging"] = { level: "OFF", includeExecutionData: false };

export function createMachines(cloud: Cloud, store: Store): Machines {
  const write = (machine: Machine, definition: string) => {
    const { arn, name, roleArn, updateDate, logging, isTraced } = machine;
    const revision: Revision = {
      definition,
      machineArn: arn,
      machineName: name,
      roleArn,
      updateDate,
      logging,
      isTraced,
    };
    cloud.store.transaction(() => {
      store.putRevision(machine.revisionId, revision);
      store.machines.put(name, machine);
    });
    return machine;
  };
  const find = (arn: string) => {
    const machine = store.machines.get(machineName(arn));
    if (machine?.arn !== arn) throw stateMachineDoesNotExist(arn);
    return machine;
  };
  return {
    create(name, { definition, roleArn, logging = noLogging, isTraced = false, tags = [] }) {
      const arn = cloud.arn("states", `stateMachine:${checkName(name)}`);
      check(cloud, arn, { definition, roleArn });
      const existing = store.machines.get(name);
      if (existing)
        return existingMachine(existing, store.revision(existing.revisionId), {
          definition,
          roleArn,
          logging,
          isTraced,
        });
      const now = cloud.clock.now();
      const dates = { creationDate: now, updateDate: now };
      const first = { revisionId: cloud.ids.uuid(), isFirstRevision: true };
      return write({ arn, name, roleArn, ...first, ...dates, logging, isTraced, tags }, definition);
    },
    update(arn, change) {
      const machine = find(arn);
      const { definition = store.revision(machine.revisionId).definition, roleArn = machine.roleArn } = change;
      check(cloud, arn, { definition, roleArn });
      const { logging = machine.logging, isTraced = machine.isTraced } = change;
      const next = { revisionId: cloud.ids.uuid(), isFirstRevision: false, updateDate: cloud.clock.now() };
      return write({ ...machine, ...next, roleArn, logging, isTraced }, definition);
    },
    find,
    // differs from AWS: no status DELETING; running executions continue, new ones cannot start.
    delete: (arn) => store.machines.delete(machineName(arn)),
  };
}

function check(cloud: Cloud, arn: string, { definition, roleArn }: { definition: string; roleArn: string }): void {
  const { problems } = checkDefinition(definition);
  if (problems.length > 0) throw invalidDefinition(problems);
  const principals = ["states.amazonaws.com", `states.${cloud.region}.amazonaws.com`];
  if (principals.some((principal) => cloud.trusts(roleArn, principal, arn))) return;
  const message = `Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the provided role ${roleArn}.`;
  throw awsError("AccessDeniedException", message);
}

/** as AWS: CreateStateMachine is idempotent as long as the settings are the same. */
function existingMachine(
  machine: Machine,
  { definition, roleArn, logging, isTraced }: Revision,
  spec: Required<MachineSpec>,
): Machine {
  if (JSON.stringify({ definition, roleArn, logging, isTraced }) === JSON.stringify(spec)) return machine;
  const message = `State Machine Already Exists: '${machine.arn}'`;
  throw new StateMachineAlreadyExists({ message, $metadata: {} });
}

export function requireStandard(type: CreateStateMachineInput["type"]): void {
  if (type === undefined || type === "STANDARD") return;
  const message = `State machines of type ${type} are not supported by the local cloud. Fix: use STANDARD.`;
  throw new StateMachineTypeNotSupported({ message, $metadata: {} });
}
