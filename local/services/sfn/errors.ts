import {
  ExecutionDoesNotExist,
  InvalidArn,
  InvalidDefinition,
  InvalidName,
  InvalidToken,
  StateMachineDoesNotExist,
} from "@aws-sdk/client-sfn";
import { awsError } from "#local/cloud/index.ts";
import type { Diagnostic } from "./check-definition.ts";

const $metadata = {};

// as AWS: a name holds no white space, brackets, wildcards, special or control characters.
// oxlint-disable-next-line no-control-regex -- control characters are what is forbidden
const forbidden = /[\s<>{}[\]?*"#%\\^|~`$&,;:/\u0000-\u001f\u007f-\u009f]/u;

export function checkName(name: string): string {
  if (name.length >= 1 && name.length <= 80 && !forbidden.test(name)) return name;
  throw new InvalidName({ message: `Invalid Name: '${name}'`, $metadata });
}

/** Name of the state machine that an ARN is of. */
export function machineName(stateMachineArn: string): string {
  const [, , service, , , type, name, qualifier] = stateMachineArn.split(":");
  if (service !== "states" || type !== "stateMachine" || !name) throw invalidArn(stateMachineArn);
  if (qualifier !== undefined) {
    throw awsError("ValidationException", `Versions and aliases are not run locally: '${stateMachineArn}'`);
  }
  return name;
}

export function checkExecutionArn(executionArn: string): string {
  const [, , service, , , type, machine, name] = executionArn.split(":");
  if (service === "states" && type === "execution" && machine && name) return executionArn;
  throw invalidArn(executionArn);
}

/** ARN of the state machine of an execution. */
export function machineArnOf(executionArn: string): string {
  const [arn, partition, service, region, account, , machine] = executionArn.split(":");
  return [arn, partition, service, region, account, "stateMachine", machine].join(":");
}

const invalidArn = (arn: string) =>
  new InvalidArn({ message: `Invalid Arn: 'Resource type not valid in this context: ${arn}'`, $metadata });

export const noSuchMachine = (arn: string) =>
  new StateMachineDoesNotExist({ message: `State Machine Does Not Exist: '${arn}'`, $metadata });

export const noSuchExecution = (arn: string) =>
  new ExecutionDoesNotExist({ message: `Execution Does Not Exist: '${arn}'`, $metadata });

export function invalidDefinition(problems: readonly Diagnostic[]): InvalidDefinition {
  const told = problems.map(({ code, message, location }) => `${code}: ${message} at ${location}`).join(", ");
  return new InvalidDefinition({ message: `Invalid State Machine Definition: '${told}'`, $metadata });
}

export const invalidPageToken = () => new InvalidToken({ message: "Invalid Token: 'Invalid token'", $metadata });

/** Refuses members of a request that AWS would act on and we do not. */
export function refuseUnsupported(operation: string, members: Readonly<Record<string, unknown>>): void {
  for (const [member, value] of Object.entries(members)) {
    if (value === undefined || value === false) continue;
    throw awsError("ValidationException", `'${member}' of ${operation} is not run locally.`);
  }
}
