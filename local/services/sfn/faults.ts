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

// as AWS: a name contains no white space, brackets, wildcards, special or control characters.
// oxlint-disable-next-line no-control-regex -- control characters are forbidden
const forbidden = /[\s<>{}[\]?*"#%\\^|~`$&,;:/\u0000-\u001f\u007f-\u009f]/u;

export function checkName(name: string): string {
  if (name.length >= 1 && name.length <= 80 && !forbidden.test(name)) return name;
  throw new InvalidName({ message: `Invalid Name: '${name}'`, $metadata });
}

/** Name of the state machine in an ARN. */
export function machineName(stateMachineArn: string): string {
  const [, , service, , , type, name, qualifier] = stateMachineArn.split(":");
  if (service !== "states" || type !== "stateMachine" || !name) throw invalidArn(stateMachineArn);
  if (qualifier !== undefined) {
    throw awsError(
      "ValidationException",
      `Versions and aliases are not supported by the local cloud: '${stateMachineArn}'`,
    );
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

export const stateMachineDoesNotExist = (arn: string) =>
  new StateMachineDoesNotExist({ message: `State Machine Does Not Exist: '${arn}'`, $metadata });

export const executionDoesNotExist = (arn: string) =>
  new ExecutionDoesNotExist({ message: `Execution Does Not Exist: '${arn}'`, $metadata });

export function invalidDefinition(problems: readonly Diagnostic[]): InvalidDefinition {
  const list = problems.map(({ code, message, location }) => `${code}: ${message} at ${location}`).join(", ");
  return new InvalidDefinition({ message: `Invalid State Machine Definition: '${list}'`, $metadata });
}

export const invalidToken = () => new InvalidToken({ message: "Invalid Token: 'Invalid token'", $metadata });

/** Rejects members of a request that AWS supports and the local cloud does not. */
export function refuseUnsupported(operation: string, members: Readonly<Record<string, unknown>>): void {
  for (const [member, value] of Object.entries(members)) {
    if (value === undefined || value === false) continue;
    throw awsError(
      "ValidationException",
      `${member} of ${operation} is not supported by the local cloud. Fix: leave it out.`,
    );
  }
}
