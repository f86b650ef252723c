import { awsError } from "#local/cloud/index.ts";
import { checkName, machineName } from "./arns.ts";
import { checkDefinition } from "./check-definition.ts";
import type { Deps } from "./deps.ts";
import { fault } from "./faults.ts";
import type { Machine } from "./store.ts";

/** The settings of a state machine, from the API or a template. */
export interface MachineSettings {
  definition: string;
  roleArn: string;
  logging?: Machine["logging"] | undefined;
  isTraced?: boolean | undefined;
}

type Change = { [K in keyof MachineSettings]?: MachineSettings[K] | undefined };

const noLogging: Machine["logging"] = { level: "OFF", includeExecutionData: false };

export function findMachine({ store }: Deps, arn: string): Machine {
  const machine = store.machines.get(machineName(arn));
  if (machine?.arn !== arn) throw fault("StateMachineDoesNotExist", `State Machine Does Not Exist: '${arn}'`);
  return machine;
}

export function createMachine(deps: Deps, settings: MachineSettings & Pick<Machine, "name" | "tags">): Machine {
  const { cloud, store } = deps;
  const { name, definition, roleArn, logging = noLogging, isTraced = false, tags } = settings;
  const arn = cloud.arn("states", `stateMachine:${checkName(name)}`);
  check(deps, arn, { definition, roleArn });
  const existing = store.machines.get(name);
  if (existing) return existingMachine(deps, existing, { definition, roleArn, logging, isTraced });
  const now = cloud.clock.now();
  const first = { revisionId: cloud.ids.uuid(), isFirstRevision: true, creationDate: now, updateDate: now };
  return store.putMachine({ arn, name, roleArn, logging, isTraced, tags, ...first }, definition);
}

export function updateMachine(deps: Deps, arn: string, change: Change): Machine {
  const { cloud, store } = deps;
  const machine = findMachine(deps, arn);
  const { definition = store.revision(machine.revisionId).definition, roleArn = machine.roleArn } = change;
  const { logging = machine.logging, isTraced = machine.isTraced } = change;
  check(deps, arn, { definition, roleArn });
  const next = { revisionId: cloud.ids.uuid(), isFirstRevision: false, updateDate: cloud.clock.now() };
  return store.putMachine({ ...machine, ...next, roleArn, logging, isTraced }, definition);
}

// differs from AWS: no status DELETING; running executions continue, new ones cannot start.
export const deleteMachine = ({ store }: Deps, arn: string) => store.machines.delete(machineName(arn));

function check({ cloud }: Deps, arn: string, { definition, roleArn }: MachineSettings): void {
  const { problems } = checkDefinition(definition);
  if (problems.length > 0) {
    const list = problems.map(({ code, message, location }) => `${code}: ${message} at ${location}`).join(", ");
    throw fault("InvalidDefinition", `Invalid State Machine Definition: '${list}'`);
  }
  const principals = ["states.amazonaws.com", `states.${cloud.region}.amazonaws.com`];
  if (principals.some((principal) => cloud.trusts(roleArn, principal, arn))) return;
  const message = `Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the provided role ${roleArn}.`;
  throw awsError("AccessDeniedException", message);
}

/** as AWS: CreateStateMachine is idempotent as long as the settings are the same. */
function existingMachine({ store }: Deps, machine: Machine, settings: MachineSettings): Machine {
  const { definition, roleArn, logging, isTraced } = store.revision(machine.revisionId);
  if (JSON.stringify({ definition, roleArn, logging, isTraced }) === JSON.stringify(settings)) return machine;
  throw fault("StateMachineAlreadyExists", `State Machine Already Exists: '${machine.arn}'`);
}
