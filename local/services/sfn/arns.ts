import { fault, invalidInput } from "./faults.ts";

// as AWS: a name contains no white space, brackets, wildcards, special or control characters.
// oxlint-disable-next-line no-control-regex -- control characters are forbidden
const forbidden = /[\s<>{}[\]?*"#%\\^|~`$&,;:/\u0000-\u001f\u007f-\u009f]/u;

export function checkName(name: string): string {
  if (name.length >= 1 && name.length <= 80 && !forbidden.test(name)) return name;
  throw fault("InvalidName", `Invalid Name: '${name}'`);
}

/** Name of the state machine in an ARN. */
export function machineName(stateMachineArn: string): string {
  const [, , service, , , type, name, qualifier] = stateMachineArn.split(":");
  if (service !== "states" || type !== "stateMachine" || !name) throw invalidArn(stateMachineArn);
  if (qualifier !== undefined) {
    throw invalidInput(`Versions and aliases are not supported by the local cloud: '${stateMachineArn}'`);
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
  fault("InvalidArn", `Invalid Arn: 'Resource type not valid in this context: ${arn}'`);
